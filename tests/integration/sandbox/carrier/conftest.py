"""A running carrier, and a merchant who sends parcels with it."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jangteo.sandbox.carrier.main import assemble
from jangteo.sandbox.carrier.settings import CarrierSettings

SECRET_KEY = "sk_test_of_the_merchant"
WEBHOOK_SECRET = "whsec_of_the_tests"
NORMAL_ZIP = "48058"


@dataclass
class Merchant:
    """Calls the carrier as a shop's shipping service does."""

    url: str
    http: aiohttp.ClientSession
    _keys: itertools.count = field(default_factory=itertools.count)  # type: ignore[type-arg]

    async def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {SECRET_KEY}",
            "Idempotency-Key": key or f"key-{next(self._keys)}-of-{id(self)}",
        }
        async with self.http.request(method, self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def send(
        self, reference: str, zip_code: str = NORMAL_ZIP, key: str | None = None, **more: Any
    ) -> tuple[int, dict[str, Any]]:
        """Send a parcel from Seoul to `zip_code`."""
        sender = {"name": "장터 물류", "phone": "02-555-0100", "zip": "06236", "address1": "서울 강남구 테헤란로 1"}
        recipient = {
            "name": "김민수",
            "phone": "+82 10-1234-5678",
            "zip": zip_code,
            "address1": "부산 해운대구 센텀로 99",
            "address2": "101동 202호",
        }
        body = {"reference": reference, "sender": sender, "recipient": recipient, "weight_grams": 1_200} | more
        return await self.call("POST", "/v1/parcels", body, key)

    async def codes(self, number: str) -> list[str]:
        _, events = await self.call("GET", f"/v1/parcels/{number}/events")
        return [event["code"] for event in events["data"]]

    async def found(self, reference: str) -> list[dict[str, Any]]:
        _, parcels = await self.call("GET", f"/v1/parcels?reference={reference}")
        data: list[dict[str, Any]] = parcels["data"]
        return data


@pytest.fixture
def timeout_delay() -> float:
    """Seconds that a call takes that is to time out."""
    return 0.5


@pytest.fixture
def settings(receiver: Any, bound: Any, tmp_path: Path, timeout_delay: float) -> CarrierSettings:
    """A carrier that is never slower than a test needs it to be."""
    return CarrierSettings(
        service="sandbox-carrier",
        bus_url="",
        port=bound.getsockname()[1],
        secret_key=SECRET_KEY,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url=receiver.url,
        state_dir=str(tmp_path),
        speed=0.05,
        timeout_delay=timeout_delay,
        retry_first=0.02,
    )


@pytest.fixture
def merchant_at(http: aiohttp.ClientSession) -> Callable[[str], Merchant]:
    """How a test becomes a merchant of a carrier of its own."""
    return lambda url: Merchant(url, http)


@pytest.fixture
async def merchant(settings: CarrierSettings, merchant_at: Any, serve: Any, bound: Any) -> AsyncIterator[Merchant]:
    """A merchant of a running carrier."""
    async with assemble(settings) as application, serve(application, bound) as url:
        yield merchant_at(url)
