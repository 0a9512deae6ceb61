"""The shipping service and the sandbox's carrier as processes of their own, with a gate between the two.

The gate can hold a call before the carrier gets it or before its answer comes back, and it carries the carrier's
notices: so a test kills the service at the very point that it names, and loses or repeats notices at will.
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from jangteo.contracts import shipping as contract
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope
from jangteo.kit.postgres import open_database

EVENTS = {
    cls.type: cls
    for cls in (
        contract.ShipmentCreated,
        contract.ShipmentDispatched,
        contract.ShipmentDelivered,
        contract.ShipmentCancelled,
        contract.ShipmentCancelRefused,
    )
}
SECRET_KEY = "sk_test_of_the_shipping_tests"
WEBHOOK_SECRET = "whsec_of_the_shipping_tests"
TENANTS = tuple(f"s-{uuid.uuid4().hex[:10]}" for _ in range(120))
SECONDS_PER_LEG = 0.1
PATIENCE = 60.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A service as a process, which can be killed and started again on the same port."""

    def __init__(self, name, environment, log):
        self.name = name
        self.url = f"http://127.0.0.1:{environment['JANGTEO_PORT']}"
        self._environment = environment
        self._log = log
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "jangteo.cli", "serve", self.name]
            environment = {"PATH": os.environ["PATH"]} | self._environment
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, self.log()
            time.sleep(0.1)
        raise AssertionError(self.log())

    def kill(self):
        self._process.kill()
        self._process.wait()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def log(self):
        return self._log.read_text()


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


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("shipping-logs")


@pytest.fixture(scope="session")
async def neighbours():
    playing = Neighbours()
    routes = [
        web.get("/.well-known/jwks.json", playing.keys),
        web.get("/internal/orders/{order_id}/delivery", playing.delivery),
    ]
    async with served(routes) as door:
        playing.url = door.url
        yield playing


@pytest.fixture(scope="session")
async def gate_and_urls():
    standing = Gate()
    async with (
        served([web.route("*", "/{path:.*}", standing.call)]) as calls,
        served([web.post("/", standing.notice)]) as notices,
    ):
        standing.door = calls
        yield standing, calls.url, notices.url


@pytest.fixture
def gate(gate_and_urls):
    standing = gate_and_urls[0]
    yield standing
    standing.losing.clear()
    standing.answering = lambda method, path: None


@pytest.fixture(scope="session")
async def carrier(servers, gate_and_urls, logs):
    """The sandbox's carrier, whose parcels move fast, and which is impatient for a test's sake."""
    environment = servers.environment("sandbox-carrier") | {
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_WEBHOOK_URL": gate_and_urls[2] + "/",
        "JANGTEO_STATE_DIR": str(logs / "state"),
        "JANGTEO_SECRET_KEY": SECRET_KEY,
        "JANGTEO_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "JANGTEO_SPEED": str(SECONDS_PER_LEG),
        "JANGTEO_TIMEOUT_DELAY": "3",
        "JANGTEO_WEBHOOK_DELAY": "0.05",
        "JANGTEO_RETRY_FIRST": "0.2",
    }
    running = Running("sandbox-carrier", environment, logs / "sandbox-carrier.log")
    await asyncio.to_thread(running.start)
    gate_and_urls[0].carrier_url = running.url
    yield running
    await asyncio.to_thread(running.stop)


@pytest.fixture(scope="session")
def environment(servers, database_for, gate_and_urls, neighbours):
    database_for("shipping")
    given = servers.environment("shipping")
    return given | {
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_BUS_URL": given["JANGTEO_BUS_URL"] + "?prefix=shiptest",
        "JANGTEO_REGISTRY_URL": f"static:user={neighbours.url},order={neighbours.url}",
        "JANGTEO_SANDBOX_URL": gate_and_urls[1],
        "JANGTEO_SANDBOX_SECRET_KEY": SECRET_KEY,
        "JANGTEO_SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_CARRIER_TIMEOUT": "1",
        "JANGTEO_WORK_SECONDS": "3",
        "JANGTEO_SWEEP_EVERY": "0.5",
        "JANGTEO_POLL_AFTER": "2",
        "JANGTEO_TRACE_FILE": "",
    }


@pytest.fixture(scope="session")
async def shipping(environment, carrier, gate_and_urls, logs):
    """The shipping service, running. Who kills it starts it again."""
    running = Running("shipping", environment, logs / "shipping.log")
    gate_and_urls[0].shipping_url = running.url
    await asyncio.to_thread(running.start)
    yield running
    # In a thread: the gate, which the service may be calling, lives in this loop.
    assert await asyncio.to_thread(running.stop) == 0, running.log()


@pytest.fixture(scope="session")
async def database(environment):
    """The service's own database, for looking into."""
    async with open_database(environment["JANGTEO_DATABASE_URL"]) as opened:
        yield opened


class Saga:
    """Sends commands as the order service does, and hears what the shipping service says."""

    def __init__(self, bus):
        self._bus = bus
        self._heard = defaultdict(dict)
        self._news = asyncio.Condition()

    async def hear(self, delivery):
        envelope = open_envelope(delivery.body)
        message: Any = open_data(envelope, EVENTS[envelope.type])
        async with self._news:
            self._heard[message.order_id][envelope.id] = message
            self._news.notify_all()

    async def send(self, command: Message, tenant: str, copies: int = 1):
        id = new_id()
        body = encode(command, id=id, source="test", tenant=tenant, time=datetime.now(UTC), traceparent=None)
        for copy in range(copies):
            # Another id for the broker, which drops twins; the same one for the inbox.
            await self._bus.publish([Outgoing(f"{id}-{copy}", command.type, command.partition(), body)])

    def said(self, order_id):
        return list(self._heard[order_id].values())

    async def until(self, order_id, *kinds, count=1):
        """Wait for `count` messages of `kinds` about an order; return the latest."""

        def found():
            return [message for message in self.said(order_id) if isinstance(message, kinds)]

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(found()) >= count), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"waited for {kinds}, heard {self.said(order_id)}") from None
        return found()[-1]


@pytest.fixture(scope="session")
async def saga(shipping, environment):
    bus = await connect(environment["JANGTEO_BUS_URL"], name="saga")
    talking = Saga(bus)
    await bus.consume("saga", list(EVENTS), talking.hear)
    yield talking
    await bus.close()


@dataclass
class Order:
    """A paid order, and its parcels at the carrier."""

    tenant: str
    saga: Saga
    carrier: Running
    http: httpx.AsyncClient
    order_id: uuid.UUID = field(default_factory=new_id)
    member_id: uuid.UUID = field(default_factory=new_id)

    async def ship(self, copies=1):
        lines = [
            contract.ShipmentLine(sku="A-1", quantity=2),
            contract.ShipmentLine(sku="B-2", quantity=1),
            contract.ShipmentLine(sku="A-1", quantity=1),
        ]
        command = contract.CreateShipment(
            order_id=self.order_id,
            order_number="20260101-ABCD",
            member_id=self.member_id,
            lines=lines,
            weight_grams=900,
        )
        await self.saga.send(command, self.tenant, copies)

    async def cancel(self, copies=1):
        await self.saga.send(contract.CancelShipment(order_id=self.order_id), self.tenant, copies)

    async def until(self, *kinds, count=1):
        return await self.saga.until(self.order_id, *kinds, count=count)

    def said(self):
        """Return the names of all that was said about the order, sorted: the bus keeps no order between kinds."""
        return sorted(type(message).__name__ for message in self.saga.said(self.order_id))

    async def parcels(self, shipment_id):
        answer = await self.http.get(f"/v1/parcels?reference={shipment_id}")
        return answer.json()["data"]

    async def parcels_of_order(self, database):
        async with database.read(self.tenant) as reader:
            id = await reader.fetchval("SELECT id FROM shipments WHERE order_id = $1", self.order_id)
        return await self.parcels(id)


@pytest.fixture(scope="session")
def _tenants():
    return iter(TENANTS)


@pytest.fixture
def tenant(_tenants):
    """A shop that no other test uses, and that the service knows."""
    return next(_tenants)


@pytest.fixture
def other_tenant(_tenants):
    return next(_tenants)


@pytest.fixture
async def carrier_http(carrier):
    async with httpx.AsyncClient(base_url=carrier.url, headers={"Authorization": f"Bearer {SECRET_KEY}"}) as http:
        yield http


@pytest.fixture
def order(saga, carrier, carrier_http, neighbours, tenant):
    """Makes paid orders that go to a zip code."""

    def make(zip_code="48058", **options):
        one = Order(tenant, saga, carrier, carrier_http, **options)
        neighbours.zips[str(one.order_id)] = zip_code
        return one

    return make


@pytest.fixture
async def slow_carrier(carrier_http):
    """A carrier who picks nothing up while the test runs; `await slow_carrier(seconds)` changes its pace."""

    async def pace(seconds):
        answer = await carrier_http.post("/v1/speed", json={"seconds_per_leg": seconds})
        assert answer.status_code == 200, answer.text

    await pace(600)
    yield pace
    await pace(SECONDS_PER_LEG)


@pytest.fixture
def killed(shipping):
    """Kills the service as a power cut would, and starts it again."""

    async def kill_and_start(held=None):
        shipping.kill()
        if held is not None:
            held.release()
        await asyncio.to_thread(shipping.start)

    return kill_and_start


@pytest.fixture
async def person(shipping, neighbours, tenant):
    """Makes members, staff where permissions are named, and guests."""
    clients = []

    def make(*permissions, tenant=tenant, id=None, guest=False):
        headers = {"Host": f"{tenant}.localhost", "Accept-Language": "en"}
        if not guest:
            headers["Authorization"] = f"Bearer {neighbours.token(tenant, id or new_id(), *permissions)}"
        clients.append(httpx.AsyncClient(base_url=shipping.url, headers=headers))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def hook(shipping):
    """Posts a notice as the carrier does, with anything wrong that is asked for."""

    async def post(body, *, secret=WEBHOOK_SECRET, at=None, carrier="sandbox", signature=None):
        stamp = str(int(time.time() if at is None else at))
        proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Sandbox-Signature": f"t={stamp},v1={proof}" if signature is None else signature}
        async with httpx.AsyncClient(base_url=shipping.url) as http:
            return await http.post(f"/v1/webhooks/carriers/{carrier}", content=body, headers=headers)

    return post
