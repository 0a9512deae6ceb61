"""Somebody who buys, straight at the order service."""

import asyncio
import json
import secrets
import time
from uuid import UUID, uuid4

import jwt
from order_neighbours import KEY

ADDRESS = {
    "recipient": "홍길동시험",
    "phone": "010-9876-5432",
    "zip": "06236",
    "address1": "서울특별시 강남구 시험로 77",
    "address2": "1203호",
    "note": "경비실에 맡겨 주세요",
}
CARD = {"provider": "sandbox", "token": "tok_good"}


class Client:
    """Somebody who calls the order service over HTTP."""

    def __init__(self, session, url: str, tenant: str, member: UUID | None = None, scope: str = "") -> None:
        self.session, self.url, self.tenant, self.member = session, url, tenant, member or uuid4()
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(self.member), "tenant": tenant, "scope": scope}
        token = jwt.encode(claims | {"iat": now, "exp": now + 600}, KEY, algorithm="RS256", headers={"kid": "test"})
        self.headers = {"Authorization": f"Bearer {token}", "Host": f"{tenant}.localhost", "Accept-Language": "ko"}

    async def call(self, method: str, path: str, body=None, *, key: str | None = None, **headers: str):
        """Return status and JSON of the answer."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Idempotency-Key"] = key
        async with self.session.request(method, self.url + path, json=body, headers=sent) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def place(self, *lines: tuple[str, int], wait: int = 0, key: str = "", **more):
        """Place an order of `lines` and return status and answer."""
        body = {"address": ADDRESS, "payment": CARD, "lines": [{"sku": s, "quantity": q} for s, q in lines]} | more
        body = {name: value for name, value in body.items() if value is not None}
        prefer = {"Prefer": f"wait={wait}"} if wait else {}
        return await self.call("POST", "/v1/orders", body, key=key or secrets.token_hex(8), **prefer)

    async def order(self, order_id: str):
        """Return the order as its buyer sees it."""
        status, body = await self.call("GET", f"/v1/orders/{order_id}")
        assert status == 200, body
        return body

    async def until(self, order_id: str, *statuses: str, seconds: float = 20.0):
        """Return the order once it has one of `statuses`."""
        async with asyncio.timeout(seconds):
            order = await self.order(order_id)
            while order["status"] not in statuses:
                await asyncio.sleep(0.02)
                order = await self.order(order_id)
        return order

    async def until_shipment(self, order_id: str) -> None:
        """Return once the carrier knows of the parcel: nothing moves by itself then."""
        async with asyncio.timeout(20):
            order = await self.order(order_id)
            while order["shipment"] is None:
                await asyncio.sleep(0.02)
                order = await self.order(order_id)
