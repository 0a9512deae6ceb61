"""Calls from one service to another: addressed by the registry, signed, traced, and failing as the kit's errors."""

from collections.abc import Mapping
from typing import Any, TypeVar

import aiohttp
import msgspec

from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.discovery import Registry
from jangteo.kit.errors import Conflict, Forbidden, Invalid, JangteoError, NotFound, Unavailable
from jangteo.kit.http.wire import Answer, ConnectionLost, Wire
from jangteo.kit.telemetry import traces

TIMEOUT_SECONDS = 5.0
CONNECT_SECONDS = 1.0
AnswerT = TypeVar("AnswerT")

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class ServiceUnavailable(Unavailable):
    """A service that is needed does not answer."""

    code = "service.unavailable"
    ko = "필요한 서비스({service})가 잠시 응답하지 않습니다. 잠시 후 다시 시도해 주세요."
    en = "The service {service} does not answer just now. Please try again in a moment."


class ServiceClient:
    """Calls the internal endpoints of one service."""

    def __init__(self, service: str, wire: Wire, registry: Registry, identity: ServiceIdentity) -> None:
        self._service = service
        self._wire = wire
        self._registry = registry
        self._identity = identity

    async def get(self, path: str, answer: type[AnswerT], *, tenant: str) -> AnswerT:
        """GET `path` as `tenant`. Raises NotFound, Conflict, Invalid, Forbidden as answered; ServiceUnavailable."""
        return await self._call("GET", path, None, answer, tenant)

    async def post(self, path: str, body: Any, answer: type[AnswerT], *, tenant: str) -> AnswerT:
        """POST `body` as JSON; the endpoint must bear repetition: a call that was not answered is made again once."""
        return await self._call("POST", path, msgspec.json.encode(body), answer, tenant)

    async def _call(self, method: str, path: str, body: bytes | None, answer: type[AnswerT], tenant: str) -> AnswerT:
        with traces.client_span(f"{method} {self._service}") as carried:
            headers = {**carried, "X-Service-Identity": self._identity.token(tenant)}
            if body is not None:
                headers["Content-Type"] = "application/json"
            try:
                status, raw = await self._send(method, path, body, headers)
            except ConnectionLost:
                # A kept connection may have died with its server; another instance may live.
                try:
                    status, raw = await self._send(method, path, body, headers)
                except (ConnectionLost, TimeoutError) as error:
                    raise ServiceUnavailable(service=self._service) from error
            except TimeoutError as error:
                raise ServiceUnavailable(service=self._service) from error
        if status >= 400:
            raise self._error(status, raw)
        return _decode(raw, answer)

    async def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        return await self._wire.call(method, self._registry.address(self._service), path, headers, body)

    def _error(self, status: int, raw: bytes) -> JangteoError:
        # 401 is none of them: we are who we are, but one of two clocks is wrong, or a key is being changed.
        category = {
            404: NotFound,
            403: Forbidden,
            409: Conflict,
            422: Invalid,
            400: Invalid,
        }.get(status)
        if category is None:
            return ServiceUnavailable(service=self._service)
        return category()


def open_session() -> aiohttp.ClientSession:
    """Return a session for other calls than those of `ServiceClient`; close it at the end."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
        connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60, ttl_dns_cache=300),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
    )


def _decode(raw: bytes, answer: type[AnswerT]) -> AnswerT:
    decoder = _decoders.get(answer)
    if decoder is None:
        decoder = _decoders[answer] = msgspec.json.Decoder(answer)
    result: AnswerT = decoder.decode(raw)
    return result
