"""The order service on real servers; the services round it are played over real HTTP and real bus messages."""

import asyncio
import json
import secrets
import socket
import time
from collections import defaultdict
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import jwt
import pytest
import uvicorn
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

import jangteo.order
from jangteo.contracts import payment, product, shipping
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope
from jangteo.kit.migrations import migrate
from jangteo.kit.settings import load
from jangteo.order.main import assemble
from jangteo.order.settings import OrderSettings

TENANTS = [f"order-{number}" for number in range(80)]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
COMMANDS = {
    cls.type: cls
    for cls in (
        product.ReserveStock,
        product.CommitStock,
        product.ReleaseStock,
        payment.AuthorisePayment,
        payment.CapturePayment,
        payment.CancelPayment,
        shipping.CreateShipment,
        shipping.CancelShipment,
    )
}
ADDRESS = {
    "recipient": "홍길동시험",
    "phone": "010-9876-5432",
    "zip": "06236",
    "address1": "서울특별시 강남구 시험로 77",
    "address2": "1203호",
    "note": "경비실에 맡겨 주세요",
}
CARD = {"provider": "sandbox", "token": "tok_good"}


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Neighbours:
    """The HTTP of user, cart, product and shipping, as far as orders ask it."""

    def __init__(self) -> None:
        self.carts: dict[str, dict] = {}
        self.prices: dict[str, int] = {}
        self.calls: list[str] = []
        self.url = ""

    async def start(self) -> web.AppRunner:
        """Serve on a port of its own."""
        app = web.Application()
        app.router.add_get("/.well-known/jwks.json", self._keys)
        app.router.add_get("/internal/carts/{member}", self._cart)
        app.router.add_post("/internal/offers", self._offers)
        app.router.add_post("/internal/quotes", self._quote)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        return runner

    async def _keys(self, _: web.Request) -> web.Response:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return web.json_response({"keys": [key | {"kid": "test", "alg": "RS256", "use": "sig"}]})

    async def _cart(self, request: web.Request) -> web.Response:
        cart = self.carts.get(request.match_info["member"])
        return web.json_response(cart or {}, status=200 if cart else 404)

    async def _offers(self, request: web.Request) -> web.Response:
        skus = (await request.json())["skus"]
        self.calls.append("offers")
        return web.json_response({"offers": [self._offer(sku) for sku in skus if not sku.startswith("UNKNOWN")]})

    def _offer(self, sku: str) -> dict:
        return {
            "sku": sku,
            "product_id": str(UUID(int=sum(sku.encode()))),
            "slug": sku.lower(),
            "name_ko": f"시험 상품 {sku}",
            "name_en": f"Test product {sku}",
            "option": "빨강",
            "price": self.prices.get(sku, 11_000),
            "list_price": None,
            "currency": "KRW",
            "tax_free": sku.startswith("TAXFREE"),
            "weight_grams": 500,
            "picture": "/media/x.png",
            "available": 3 if sku.startswith("FEW") else 100,
            "purchasable": not sku.startswith("ARCHIVED"),
            "max_per_order": 10,
        }

    async def _quote(self, request: web.Request) -> web.Response:
        asked = await request.json()
        surcharge = 3_000 if asked["zip"].startswith("63") else 0
        base = 0 if asked["items_total"] >= 50_000 else 3_000
        return web.json_response(
            {
                "fee": base + surcharge,
                "base_fee": base,
                "surcharge": surcharge,
                "zone": "jeju" if surcharge else "mainland",
                "currency": "KRW",
                "free_over": 50_000,
            }
        )


class World:
    """Product, payment and shipping on the bus: they answer commands, each as its SKU or token says."""

    def __init__(self, bus) -> None:
        self.bus = bus
        self.heard: dict[UUID, list[Message]] = defaultdict(list)
        self.silent: set[tuple[str, str]] = set()  # (tenant, type of command): no answer
        self.with_carrier: set[UUID] = set()
        self._amounts: dict[UUID, payment.AuthorisePayment] = {}
        self._captured: dict[UUID, int] = {}
        self._reserved: dict[UUID, product.ReserveStock] = {}
        self._arrival = asyncio.Event()

    async def start(self):
        """Begin to answer."""
        return await self.bus.consume("world", list(COMMANDS), self._on_command)

    async def say(self, tenant: str, *messages: Message) -> None:
        """Publish `messages` as their services would."""
        outgoing = []
        for message in messages:
            id = new_id()
            body = encode(message, id=id, source="world", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            outgoing.append(Outgoing(str(id), message.type, message.partition(), body))
        await self.bus.publish(outgoing)

    async def until_heard(self, order_id: str, cls: type[Message], times: int = 1) -> Message:
        """Return the newest command `cls` about an order once it came `times` times."""
        async with asyncio.timeout(20):
            while len(found := [m for m in self.heard[UUID(order_id)] if isinstance(m, cls)]) < times:
                self._arrival.clear()
                await self._arrival.wait()
        return found[-1]

    async def _on_command(self, delivery) -> None:
        envelope = open_envelope(delivery.body)
        command = open_data(envelope, COMMANDS[envelope.type])
        self.heard[command.order_id].append(command)
        self._arrival.set()
        if (envelope.tenant, envelope.type) not in self.silent:
            await self.say(envelope.tenant, *self.answer(command))

    def answer(self, command: Message) -> list[Message]:
        """Return what the service that `command` is for says to it."""
        id = command.order_id
        match command:
            case product.ReserveStock():
                self._reserved[id] = command
                short = [line for line in command.lines if line.sku.startswith("SOLDOUT")]
                if short:
                    lack = [product.Shortage(sku=line.sku, asked=line.quantity, available=0) for line in short]
                    return [product.StockRefused(order_id=id, shortages=lack)]
                return [product.StockReserved(order_id=id, expires_at=command.expires_at)]
            case product.CommitStock():
                short = [line for line in self._reserved[id].lines if line.sku.startswith("LAPSED")]
                lack = [product.Shortage(sku=line.sku, asked=line.quantity, available=0) for line in short]
                return [
                    product.StockCommitFailed(order_id=id, shortages=lack)
                    if lack
                    else product.StockCommitted(order_id=id)
                ]
            case product.ReleaseStock():
                return [product.StockReleased(order_id=id)]
            case payment.PaymentMessage():
                return self._pay(command)
            case payment.CancelPayment():
                return [payment.PaymentCancelled(order_id=id, refunded=self._captured.get(id, 0), currency="KRW")]
            case shipping.CreateShipment():
                return [
                    shipping.ShipmentCreated(order_id=id, shipment_id=uuid4(), carrier="sandbox", tracking_number="T-1")
                ]
            case shipping.CancelShipment():
                late = id in self.with_carrier
                return [(shipping.ShipmentCancelRefused if late else shipping.ShipmentCancelled)(order_id=id)]
        raise AssertionError(command)

    def _pay(self, command: payment.PaymentMessage) -> list[Message]:
        names = {"order_id": command.order_id, "payment_id": command.payment_id}
        if isinstance(command, payment.AuthorisePayment):
            self._amounts[command.payment_id] = command
            match command.method_token:
                case "tok_declined":
                    return [payment.PaymentDeclined(**names, reason="insufficient_funds")]
                case "tok_confirm":
                    return [payment.PaymentActionRequired(**names, url="https://pay.example/confirm")]
            return [payment.PaymentAuthorised(**names, amount=command.amount, currency="KRW")]
        asked = self._amounts[command.payment_id]
        if asked.method_token == "tok_capture_fails":
            return [payment.PaymentCaptureFailed(**names, reason="expired")]
        self._captured[command.order_id] = asked.amount
        return [payment.PaymentCaptured(**names, amount=asked.amount, currency="KRW")]

    async def dispatch(self, tenant: str, order_id: str) -> None:
        """Let the carrier pick the parcel up."""
        self.with_carrier.add(UUID(order_id))
        names = {"order_id": UUID(order_id), "shipment_id": uuid4(), "at": datetime.now(UTC)}
        await self.say(tenant, shipping.ShipmentDispatched(**names, carrier="sandbox", tracking_number="T-1"))

    async def deliver(self, tenant: str, order_id: str) -> None:
        """Let the carrier hand the parcel over."""
        names = {"order_id": UUID(order_id), "shipment_id": uuid4(), "at": datetime.now(UTC)}
        await self.say(tenant, shipping.ShipmentDelivered(**names))


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


def settings_for(servers, neighbours: Neighbours, database_url: str, prefix: str, **more: str) -> dict[str, str]:
    """Return the environment of an order service between played neighbours."""
    names = ("user", "cart", "product", "shipping")
    own = {
        "JANGTEO_DATABASE_URL": database_url,
        "JANGTEO_BUS_URL": f"{servers.url('nats')}?prefix={prefix}",
        "JANGTEO_REGISTRY_URL": "static:" + ",".join(f"{name}={neighbours.url}" for name in names),
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_TRACE_FILE": "",
        "JANGTEO_SWEEP_SECONDS": "0.1",
    }
    return servers.environment("order") | own | more


@asynccontextmanager
async def serving(environment: dict[str, str]):
    """Serve an order service in this process and yield its URL."""
    settings = load(OrderSettings, "order", environment)
    async with assemble(settings) as app:
        config = uvicorn.Config(app, host="127.0.0.1", port=settings.port, lifespan="off", log_config=None, ws="none")
        server = uvicorn.Server(config)
        server.capture_signals = nullcontext
        task = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{settings.port}"
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def neighbours():
    neighbours = Neighbours()
    runner = await neighbours.start()
    yield neighbours
    await runner.cleanup()


@asynccontextmanager
async def playing(servers, prefix: str):
    """Play the services on the bus under `prefix`."""
    bus = await connect(f"{servers.url('nats')}?prefix={prefix}", name="world")
    world = World(bus)
    subscription = await world.start()
    yield world
    await subscription.stop()
    await bus.close()


@pytest.fixture(scope="session")
async def world(servers):
    async with playing(servers, "orders") as world:
        yield world


@pytest.fixture(scope="session")
async def session():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture(scope="session")
async def order_url(servers, neighbours, database_for):
    async with serving(settings_for(servers, neighbours, database_for("order"), "orders")) as url:
        yield url


@pytest.fixture(scope="session")
def _tenants():
    return iter(TENANTS[1:])


@pytest.fixture
def tenant(_tenants):
    """A tenant that no other test has."""
    return next(_tenants)


@pytest.fixture
def buyer(session, order_url, world, tenant):
    """A member of a shop of its own."""
    return Client(session, order_url, tenant)


@pytest.fixture(scope="session")
def identity(servers):
    """Service identities, as the stack made them."""
    return lambda service: ServiceIdentity(service, Path(servers.environment("order")["JANGTEO_IDENTITY_DIR"]))


@pytest.fixture(scope="session")
def own_database(servers):
    """Give the URL of a database with the tables of orders that nobody else uses."""

    def make(name: str) -> str:
        servers.create_database(name)
        migrate(servers.url("postgres", name, owner=True), Path(jangteo.order.__file__).parent / "migrations")
        return servers.url("postgres", name)

    return make


def in_seconds(seconds: float) -> datetime:
    """Return a point in time from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)
