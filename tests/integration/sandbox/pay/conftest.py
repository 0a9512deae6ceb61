"""A running card processor, and a merchant who talks to it."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jangteo.sandbox.pay.main import assemble
from jangteo.sandbox.pay.settings import PaySettings

SECRET_KEY = "sk_test_of_the_merchant"
WEBHOOK_SECRET = "whsec_of_the_tests"


@dataclass
class Merchant:
    """Calls the processor as a shop's payment service does."""

    url: str
    http: aiohttp.ClientSession
    _keys: itertools.count = field(default_factory=itertools.count)  # type: ignore[type-arg]

    async def token(self, number: str) -> str:
        card = {
            "number": number,
            "expiry_month": 12,
            "expiry_year": 2040,
            "cvc": "1234" if number[:2] == "37" else "123",
        }
        async with self.http.post(f"{self.url}/v1/tokens", json=card) as response:
            assert response.status == 201, await response.text()
            return str((await response.json())["token"])

    async def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {SECRET_KEY}",
            "Idempotency-Key": key or f"key-{next(self._keys)}-of-{id(self)}",
            **headers,
        }
        async with self.http.post(self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def get(self, path: str) -> dict[str, Any]:
        async with self.http.get(self.url + path, headers={"Authorization": f"Bearer {SECRET_KEY}"}) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def pay(self, number: str, reference: str, key: str | None = None, **more: Any) -> tuple[int, dict[str, Any]]:
        """Tokenise `number` and create a payment of 12,900 won with it."""
        body = {"reference": reference, "amount": 12_900, "currency": "KRW", "token": await self.token(number), **more}
        return await self.post("/v1/payments", body, key)

    async def found(self, reference: str) -> list[dict[str, Any]]:
        payments: list[dict[str, Any]] = (await self.get(f"/v1/payments?reference={reference}"))["data"]
        return payments


@pytest.fixture
def settings(receiver: Any, bound: Any, tmp_path: Path) -> PaySettings:
    """A processor that is never slower than a test needs it to be."""
    return PaySettings(
        service="sandbox-pay",
        bus_url="",
        port=bound.getsockname()[1],
        public_url="http://127.0.0.1:8080",
        secret_key=SECRET_KEY,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url=receiver.url,
        state_dir=str(tmp_path),
        timeout_delay=0.6,
        webhook_delay=0.02,
        webhook_late_delay=0.8,
        fast_expiry=0.3,
        retry_first=0.02,
        sweep_every=0.05,
    )


@pytest.fixture
def merchant_at(http: aiohttp.ClientSession) -> Callable[[str], Merchant]:
    """How a test becomes a merchant of a processor of its own."""
    return lambda url: Merchant(url, http)


@pytest.fixture
async def merchant(settings: PaySettings, merchant_at: Any, serve: Any, bound: Any) -> AsyncIterator[Merchant]:
    """A merchant of a running processor."""
    async with assemble(settings) as application, serve(application, bound) as url:
        yield merchant_at(url)
