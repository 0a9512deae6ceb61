"""HTTP to a provider: what became of a request is either known, surely nothing, or unknown; behind a breaker."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp

from jangteo.kit.telemetry import traces
from jangteo.payment.providers.breaker import Breaker
from jangteo.payment.providers.interface import NotReached, OutcomeUnknown


class Answer(NamedTuple):
    """Status and body of what came back."""

    status: int
    body: bytes


class Channel:
    """Calls one provider. At most `concurrency` calls are under way at once."""

    def __init__(
        self, name: str, url: str, headers: Mapping[str, str], session: aiohttp.ClientSession, concurrency: int
    ) -> None:
        self.breaker = Breaker()
        self._name = name
        self._url = url.rstrip("/")
        self._headers = dict(headers)
        self._session = session
        self._room = asyncio.Semaphore(concurrency)

    async def call(self, method: str, path: str, body: bytes | None = None, *, key: str = "") -> Answer:
        """Send a request and return the answer, whatever its status. Raises NotReached, OutcomeUnknown."""
        async with self._room:
            if not self.breaker.admit():
                raise NotReached()
            try:
                answer = await self._send(method, path, body, key)
            except aiohttp.ClientConnectorError:
                self.breaker.failed()
                raise NotReached() from None
            except (aiohttp.ClientError, TimeoutError):
                self.breaker.failed()
                raise OutcomeUnknown() from None
            except BaseException:
                self.breaker.failed()
                raise
            self.breaker.succeeded()
            return answer

    async def _send(self, method: str, path: str, body: bytes | None, key: str) -> Answer:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        # Traces of ours are no business of a company outside: the span is kept, its context is not sent.
        with traces.client_span(f"{method} {self._name}"):
            async with self._session.request(
                method, self._url + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                return Answer(response.status, await response.read())
