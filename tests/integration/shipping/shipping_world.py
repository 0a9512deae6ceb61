"""A carrier behind a gate, the neighbours of the shipping service, for its tests."""

import asyncio
import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from processes import free_port

SECRET_KEY = "sk_test_of_the_shipping_tests"
WEBHOOK_SECRET = "whsec_of_the_shipping_tests"
TENANTS = tuple(f"s-{uuid.uuid4().hex[:10]}" for _ in range(120))
BY_HAND = TENANTS[-30:]
SECONDS_PER_LEG = 0.1


@dataclass
class Held:
    """A call that the gate keeps waiting."""

    method: str
    path: re.Pattern[str]
    when: str
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self):
        self.go.set()


class Gate:
    """Stands between the service and the carrier, lets everything through both ways, and counts it."""

    def __init__(self):
        self.carrier_url = self.shipping_url = ""
        self.door: Door | None = None
        self.calls: list[tuple[str, str, str]] = []
        self.losing: set[str] = set()  # references whose notices get lost
        self.answering: Callable[[str, str], int | None] = lambda method, path: None
        self._held: list[Held] = []

    def hold(self, method, path, when):
        """Hold the next call that fits: `when` is "before" the carrier gets it or "after" it has acted."""
        self._held.append(Held(method, re.compile(path), when))
        return self._held[-1]

    async def call(self, request):
        """Carry a call of the service to the carrier."""
        body = await request.read()
        self.calls.append((request.method, request.path_qs, request.headers.get("Idempotency-Key", "")))
        await self._wait(request, "before")
        status = self.answering(request.method, request.path_qs)
        if status is not None:
            return web.Response(status=status)
        content, status = await self._carry(request.method, self.carrier_url + request.path_qs, body, request.headers)
        await self._wait(request, "after")
        return web.Response(status=status, body=content)

    async def notice(self, request):
        """Carry a notice of the carrier to the service."""
        body = await request.read()
        if json.loads(body)["data"]["parcel"]["reference"] in self.losing:
            return web.Response(status=200)
        url = f"{self.shipping_url}/v1/webhooks/carriers/sandbox"
        try:
            _, status = await self._carry("POST", url, body, request.headers)
        except aiohttp.ClientError:
            status = 502
        return web.Response(status=status)

    async def _carry(self, method, url, body, headers):
        passed = ("Authorization", "Content-Type", "Idempotency-Key", "Sandbox-Signature")
        headers = {name: headers[name] for name in passed if name in headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body, headers=headers) as answer,
        ):
            return await answer.read(), answer.status

    async def _wait(self, request, when):
        for held in list(self._held):
            if (held.method, held.when) == (request.method, when) and held.path.search(request.path_qs):
                self._held.remove(held)
                held.arrived.set()
                await held.go.wait()


class Neighbours:
    """The order service's delivery addresses and the user service's signing keys, over real HTTP."""

    def __init__(self):
        self.zips: dict[str, str] = {}
        self.asked: dict[str, int] = defaultdict(int)
        self.gone: set[str] = set()
        self.url = ""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def keys(self, _):
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": "test", "use": "sig", "alg": "RS256"}]})

    def token(self, tenant, member, *permissions):
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(member), "tenant": tenant, "iat": now}
        claims |= {"exp": now + 600, "scope": " ".join(permissions)}
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "test"})

    async def delivery(self, request):
        order_id = request.match_info["order_id"]
        self.asked[order_id] += 1
        if order_id in self.gone or order_id not in self.zips:
            return web.Response(status=404)
        return web.json_response(
            {
                "order_id": order_id,
                "member_id": str(uuid.uuid4()),
                "recipient": "김민수",
                "phone": "+821012345678",
                "zip": self.zips[order_id],
                "address1": "부산 해운대구 센텀로 99",
                "address2": "101동 202호",
                "note": "문 앞에 놓아 주세요",
                "weight_grams": 900,
            }
        )


class Door:
    """A port with routes behind it, which can be shut so that nobody gets a connection."""

    def __init__(self, runner, port):
        self._runner = runner
        self._site = None
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    async def open(self):
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    async def shut(self):
        await self._site.stop()
        await self._runner.server.shutdown(0.05)


@asynccontextmanager
async def served(routes):
    """Serve `routes` on a port of their own."""
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    door = Door(runner, free_port())
    await door.open()
    yield door
    await runner.cleanup()
