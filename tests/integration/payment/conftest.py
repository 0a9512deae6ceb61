"""The payment service and the sandbox's card processor as processes of their own, with a gate between the two.

The gate can hold a call before the processor gets it or before its answer comes back: so a test kills the payment
service at the very point that it names.
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
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from jangteo.contracts import payment as contract
from jangteo.kit.bus import Bus, Delivery, Outgoing, connect
from jangteo.kit.discovery import open_registry
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.settings import load
from jangteo.payment.settings import PaymentSettings

CARDS = {
    "success": "4242424242424242",
    "declined": "4000000000000002",
    "insufficient_funds": "4000000000009995",
    "needs_confirmation": "4000002500003155",
    "timeout_made": "4000000000001000",
    "timeout_not_made": "4000000000001018",
    "answered_twice": "4000000000001026",
    "webhook_first": "4000000000001034",
    "webhook_late": "4000000000001042",
    "webhook_forged_first": "4000000000001059",
    "capture_fails": "4000000000001067",
    "capture_timeout": "4000000000001075",
    "expires_fast": "4000000000001083",
    "refund_fails": "4000000000001091",
}
EVENTS = (
    contract.PaymentAuthorised,
    contract.PaymentDeclined,
    contract.PaymentActionRequired,
    contract.PaymentCaptured,
    contract.PaymentCaptureFailed,
    contract.PaymentCancelled,
    contract.PaymentRefunded,
)
SECRET_KEY = "sk_test_of_the_payment_tests"
WEBHOOK_SECRET = "whsec_of_the_payment_tests"
TENANTS = tuple(f"p-{uuid.uuid4().hex[:10]}" for _ in range(300))
PATIENCE = 40.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A service as a process, which can be killed and started again on the same port."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{environment['JANGTEO_PORT']}"
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Running":
        path = {"PATH": os.environ["PATH"]}
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "jangteo.cli", "serve", self.name]
            self._process = subprocess.Popen(command, env=path | self._environment, stdout=log, stderr=log)
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, self.log()
            time.sleep(0.1)
        raise AssertionError(self.log())

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def log(self) -> str:
        return self._log.read_text()


@dataclass
class Held:
    """Calls that the gate keeps waiting."""

    method: str
    path: re.Pattern[str]
    when: str
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.go.set()


class Gate:
    """Stands between the payment service and the processor, lets everything through, and counts it."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._held: list[Held] = []
        self.calls: list[tuple[str, str, str]] = []
        self.lie: Callable[[bytes], bytes] | None = None
        self.url = ""

    def hold(self, method: str, path: str, when: str) -> Held:
        """Hold the next call whose path and idempotency key, with a blank between, fit `path`.

        `when` is "before" the processor gets it or "after" it has acted.
        """
        held = Held(method, re.compile(path), when)
        self._held.append(held)
        return held

    async def handle(self, request: web.Request) -> web.Response:
        body, path = await request.read(), request.path_qs
        self.calls.append((request.method, path, request.headers.get("Idempotency-Key", "")))
        await self._wait(request, "before")
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, self._target + path, data=body, headers=headers) as answer,
        ):
            content = await answer.read()
        await self._wait(request, "after")
        if self.lie is not None:
            content = self.lie(content)
        return web.Response(status=answer.status, body=content, content_type=answer.content_type)

    async def _wait(self, request: web.Request, when: str) -> None:
        about = f"{request.path_qs} {request.headers.get('Idempotency-Key', '')}"
        for held in list(self._held):
            if (held.method, held.when) == (request.method, when) and held.path.search(about):
                self._held.remove(held)
                held.arrived.set()
                await held.go.wait()


_PASSED = ("Authorization", "Content-Type", "Idempotency-Key")


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("payment-logs")


@pytest.fixture(scope="session")
def payment_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def processor(servers: Any, payment_port: int, logs: Path) -> Iterator[Running]:
    """The sandbox's card processor, which is impatient for a test's sake."""
    environment = servers.environment("sandbox-pay") | {
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_WEBHOOK_URL": f"http://127.0.0.1:{payment_port}/v1/webhooks/payments/sandbox",
        "JANGTEO_STATE_DIR": str(logs / "state"),
        "JANGTEO_SECRET_KEY": SECRET_KEY,
        "JANGTEO_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "JANGTEO_TIMEOUT_DELAY": "3",
        "JANGTEO_WEBHOOK_DELAY": "0.1",
        "JANGTEO_WEBHOOK_LATE_DELAY": "2",
        "JANGTEO_FAST_EXPIRY": "1",
        "JANGTEO_RETRY_FIRST": "0.2",
        "JANGTEO_SWEEP_EVERY": "0.2",
    }
    running = Running("sandbox-pay", environment, logs / "sandbox-pay.log").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
async def gate(processor: Running) -> AsyncIterator[Gate]:
    standing = Gate(processor.url)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", standing.handle)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    standing.url = f"http://127.0.0.1:{port}"
    yield standing
    await runner.cleanup()


@pytest.fixture(scope="session")
def payment_environment(servers: Any, database_for: Any, payment_port: int, gate: Gate) -> dict[str, str]:
    """What the stack tells the payment service, on a bus of these tests' own."""
    database_for("payment")
    given: dict[str, str] = servers.environment("payment")
    return given | {
        "JANGTEO_PORT": str(payment_port),
        "JANGTEO_BUS_URL": given["JANGTEO_BUS_URL"] + "?prefix=paytest",
        "JANGTEO_SANDBOX_URL": gate.url,
        "JANGTEO_SANDBOX_SECRET_KEY": SECRET_KEY,
        "JANGTEO_SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "JANGTEO_SANDBOX_PUBLIC_URL": "http://pay.example.test",
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_PROVIDER_TIMEOUT": "1",
        "JANGTEO_LEASE_MARGIN": "0.5",
        "JANGTEO_SWEEP_EVERY": "0.1",
    }


@pytest.fixture(scope="session")
async def payment(payment_environment: dict[str, str], logs: Path) -> AsyncIterator[Running]:
    """The payment service, running. Who kills it starts it again."""
    running = Running("payment", payment_environment, logs / "payment.log")
    await asyncio.to_thread(running.start)
    yield running
    # In a thread: the gate, which the service may be calling, lives in this loop.
    assert await asyncio.to_thread(running.stop) == 0, running.log()


@pytest.fixture(scope="session")
def settings(payment_environment: dict[str, str]) -> PaymentSettings:
    return load(PaymentSettings, "payment", payment_environment)


@pytest.fixture(scope="session")
async def database(settings: PaymentSettings) -> AsyncIterator[Database]:
    """The payment service's own database, for looking into."""
    async with open_database(settings.database_url) as opened:
        yield opened


class Saga:
    """Sends commands as the order service does, and hears what the payment service says."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: dict[uuid.UUID, dict[uuid.UUID, Message]] = defaultdict(dict)
        self._news = asyncio.Condition()

    async def hear(self, delivery: Delivery) -> None:
        envelope = open_envelope(delivery.body)
        cls = next(event for event in EVENTS if event.type == envelope.type)
        message: Any = open_data(envelope, cls)
        async with self._news:
            self._heard[message.order_id][envelope.id] = message
            self._news.notify_all()

    async def send(self, *commands: Message, tenant: str, copies: int = 1) -> None:
        for command in commands:
            id = new_id()
            body = encode(command, id=id, source="test", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            for copy in range(copies):
                # Another id for the broker, which drops twins; the same one for the inbox.
                outgoing = Outgoing(id=f"{id}-{copy}", type=command.type, key=command.partition(), body=body)
                await self._bus.publish([outgoing])

    def said(self, order_id: uuid.UUID) -> list[Any]:
        """Return everything heard about an order, each message once, as it came."""
        return list(self._heard[order_id].values())

    async def until(self, order_id: uuid.UUID, *kinds: type[Message], count: int = 1) -> Any:
        """Wait for a message of one of `kinds` about an order; return the latest."""

        def found() -> list[Any]:
            return [message for message in self.said(order_id) if isinstance(message, kinds)]

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(found()) >= count), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"waited for {kinds}, heard {self.said(order_id)}") from None
        return found()[-1]


@pytest.fixture(scope="session")
async def saga(payment: Running, settings: PaymentSettings) -> AsyncIterator[Saga]:
    bus = await connect(settings.bus_url, name="saga")
    talking = Saga(bus)
    await bus.consume("saga", [event.type for event in EVENTS], talking.hear)
    yield talking
    await bus.close()


@dataclass
class Buyer:
    """An order about to be paid, and what its processor has in the books."""

    tenant: str
    saga: Saga
    processor: Running
    http: httpx.AsyncClient
    amount: int = 12_900
    member_id: uuid.UUID = field(default_factory=new_id)
    order_id: uuid.UUID = field(default_factory=new_id)
    payment_id: uuid.UUID = field(default_factory=new_id)

    async def token(self, card: str) -> str:
        body = {"number": CARDS[card], "expiry_month": 12, "expiry_year": 2040, "cvc": "123"}
        answer = await self.http.post(f"{self.processor.url}/v1/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def authorise_command(self, card: str = "success", **changed: Any) -> contract.AuthorisePayment:
        fields: dict[str, Any] = {
            "order_id": self.order_id,
            "payment_id": self.payment_id,
            "member_id": self.member_id,
            "order_number": "20260101-0001",
            "amount": self.amount,
            "currency": "KRW",
            "provider": "sandbox",
            "method_token": changed.pop("method_token", None) or await self.token(card),
        }
        return contract.AuthorisePayment(**(fields | changed))

    async def authorise(self, card: str = "success", **changed: Any) -> None:
        await self.saga.send(await self.authorise_command(card, **changed), tenant=self.tenant)

    async def capture(self) -> None:
        command = contract.CapturePayment(order_id=self.order_id, payment_id=self.payment_id)
        await self.saga.send(command, tenant=self.tenant)

    async def cancel(self) -> None:
        await self.saga.send(contract.CancelPayment(order_id=self.order_id, reason="buyer"), tenant=self.tenant)

    async def pay(self, card: str = "success") -> None:
        """Go all the way to captured."""
        await self.authorise(card)
        await self.until(contract.PaymentAuthorised)
        await self.capture()
        await self.until(contract.PaymentCaptured)

    async def until(self, *kinds: type[Message], count: int = 1) -> Any:
        return await self.saga.until(self.order_id, *kinds, count=count)

    def said(self) -> list[type[Message]]:
        return [type(message) for message in self.saga.said(self.order_id)]

    async def at_processor(self, payment_id: uuid.UUID | None = None) -> list[dict[str, Any]]:
        """Return what the processor has under the attempt's reference."""
        path = f"/v1/payments?reference={payment_id or self.payment_id}"
        answer = await self.http.get(self.processor.url + path, headers={"Authorization": f"Bearer {SECRET_KEY}"})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def until_at_processor(self, status: str) -> None:
        """Wait until the processor's one payment of the attempt is `status`."""
        for _ in range(int(PATIENCE / 0.1)):
            found = await self.at_processor()
            if [payment["status"] for payment in found] == [status]:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(await self.at_processor())


@pytest.fixture(scope="session")
def _tenants() -> Iterator[str]:
    return iter(TENANTS)


@pytest.fixture
def tenant(_tenants: Iterator[str]) -> str:
    """A shop that no other test uses, and that the service knows."""
    return next(_tenants)


@pytest.fixture
def other_tenant(_tenants: Iterator[str]) -> str:
    """A second one."""
    return next(_tenants)


class Authority:
    """Publishes signing keys as the user service does, and signs tokens with them."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def keys(self, _: web.Request) -> web.Response:
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": "test", "use": "sig", "alg": "RS256"}]})

    def token(self, tenant: str, member: uuid.UUID, *permissions: str) -> str:
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(member), "tenant": tenant, "iat": now}
        claims |= {"exp": now + 600, "scope": " ".join(permissions)}
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "test"})


@pytest.fixture(scope="session")
async def authority(settings: PaymentSettings, payment: Running) -> AsyncIterator[Authority]:
    """Signed in as the user service, where the payment service looks for it."""
    signing = Authority()
    application = web.Application()
    application.router.add_get("/.well-known/jwks.json", signing.keys)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with open_registry(settings.bus_url) as registry:
        await registry.register("user", f"http://127.0.0.1:{port}")
        yield signing
        await registry.deregister()
    await runner.cleanup()


@dataclass
class Person:
    """Somebody who calls the payment service over HTTP."""

    http: httpx.AsyncClient
    id: uuid.UUID

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        headers |= {"Idempotency-Key": key} if key is not None else {}
        return await self.http.post(path, json=body, headers=headers)


@pytest.fixture
async def person(payment: Running, authority: Authority, tenant: str) -> AsyncIterator[Callable[..., Person]]:
    """Makes members, staff where permissions are named, and guests."""
    clients = []

    def make(*permissions: str, tenant: str = tenant, id: uuid.UUID | None = None, guest: bool = False) -> Person:
        member = id or new_id()
        headers = {"Host": f"{tenant}.localhost"}
        if not guest:
            headers["Authorization"] = f"Bearer {authority.token(tenant, member, *permissions)}"
        clients.append(httpx.AsyncClient(base_url=payment.url, headers=headers))
        return Person(clients[-1], member)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def buyer(saga: Saga, processor: Running, tenant: str) -> AsyncIterator[Callable[..., Buyer]]:
    """Makes buyers, each with an order of their own."""
    async with httpx.AsyncClient() as http:
        yield lambda **options: Buyer(tenant, saga, processor, http, **options)


class Hooks:
    """Posts webhooks as the processor does, with the fields of a payment that it has, changed at will."""

    def __init__(self, payment: Running, http: httpx.AsyncClient) -> None:
        self._url = f"{payment.url}/v1/webhooks/payments/"
        self._http = http

    async def post(
        self,
        body: bytes,
        *,
        secret: str = WEBHOOK_SECRET,
        at: float | None = None,
        provider: str = "sandbox",
        signature: str | None = None,
    ) -> httpx.Response:
        stamp = str(int(time.time() if at is None else at))
        proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Sandbox-Signature": f"t={stamp},v1={proof}" if signature is None else signature}
        return await self._http.post(self._url + provider, content=body, headers=headers)

    @staticmethod
    def event(kind: str, payment: dict[str, Any], id: str = "", **changed: Any) -> bytes:
        event_id = id or f"evt_{uuid.uuid4().hex}"
        return json.dumps({"id": event_id, "type": kind, "data": {"payment": payment | changed}}).encode()


@pytest.fixture
async def hooks(payment: Running) -> AsyncIterator[Hooks]:
    async with httpx.AsyncClient() as http:
        yield Hooks(payment, http)


@pytest.fixture
def http_get(processor: Running) -> Callable[[str], Any]:
    """Reads a list of the processor's."""

    async def get(path: str) -> Any:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {SECRET_KEY}"}) as http:
            return (await http.get(processor.url + path)).json()["data"]

    return get
