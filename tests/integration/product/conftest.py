"""The product service as it is wired in `main.py`, on real servers, called over its own HTTP interface."""

import asyncio
import itertools
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.kit import auth
from jangteo.kit.auth import ServiceIdentity, TokenVerifier
from jangteo.kit.bus import connect
from jangteo.kit.clock import MovableClock, SystemClock
from jangteo.kit.documents import open_documents
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import open_database
from jangteo.kit.settings import load
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.main import assemble
from jangteo.product.seed import seed_shop
from jangteo.product.settings import ProductSettings

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from warehouse import Warehouse

TENANTS = tuple(f"p-{uuid.uuid4().hex[:8]}" for _ in range(260))
_next_tenant = itertools.count(1)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STAFF = "products.manage stock.manage"


def key_set():
    return {
        "keys": [jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "test", "use": "sig"}]
    }


def token_for(tenant, scope=STAFF, member=None):
    now = datetime.now(UTC)
    claims = {
        "iss": auth.ISSUER,
        "aud": auth.AUDIENCE,
        "sub": str(member or uuid.uuid4()),
        "tenant": tenant,
        "scope": scope,
        "iat": now,
        "exp": now + timedelta(minutes=10),
    }
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "test"})


@pytest.fixture(scope="session")
def settings(servers, database_for, throw_away):
    database_for("product")
    environment = servers.environment("product") | {
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_STATE_DIR": str(throw_away("product-state")),
        "JANGTEO_PRODUCT_EXPIRY_SWEEP_SECONDS": "0.2",
        "JANGTEO_PRODUCT_ANNOUNCE_SWEEP_SECONDS": "0.5",
        "JANGTEO_PRODUCT_POPULARITY_SWEEP_SECONDS": "0.3",
        "JANGTEO_PRODUCT_PUBLISH_SWEEP_SECONDS": "0.3",
    }
    return load(ProductSettings, "product", environment)


@pytest.fixture(scope="session")
async def app(settings):
    async with assemble(settings) as application:

        async def fetch():
            return key_set()

        application._verifier = TokenVerifier(fetch)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://127.0.0.1") as http:
            await until(lambda: _status(http), 200, seconds=60)
        yield application


@pytest.fixture(scope="session")
async def database(settings):
    """The service's database as another process of it would use it, with an outbox that publishes."""
    async with open_database(settings.database_url, max_size=30) as opened:
        bus = await connect(settings.bus_url, name="product-test")
        relay = Relay(opened, bus, source="product")
        await relay.start()
        yield opened
        await relay.stop()
        await bus.close()


@pytest.fixture(scope="session")
async def catalogue(settings):
    async with open_documents(settings.mongodb_url) as client:
        yield Catalogue(client)


@pytest.fixture
def tenant():
    """A shop that no other test uses."""
    return TENANTS[next(_next_tenant)]


@pytest.fixture
def other_tenant():
    """Another shop of the same mall."""
    return TENANTS[next(_next_tenant)]


@pytest.fixture(scope="session")
def identity_of(settings):
    return lambda service: ServiceIdentity(service, Path(settings.identity_dir).parent / service)


class Caller:
    """Somebody at one shop: a shopper, or with `scope` one of its staff."""

    def __init__(self, app, tenant, scope=None, language="ko"):
        self.tenant = tenant
        headers = {"Accept-Language": language}
        if scope is not None:
            headers["Authorization"] = f"Bearer {token_for(tenant, scope)}"
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=f"http://{tenant}.localhost", headers=headers
        )

    async def call(self, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        return await self.http.request(
            method, path, content=content, headers={"Content-Type": "application/json", **sent}
        )

    async def get(self, path, **query):
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def caller(app, tenant):
    """Makes callers of the test's own shop."""
    made = []

    def make(tenant=tenant, **options):
        made.append(Caller(app, tenant, **options))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


@pytest.fixture
def shopper(caller):
    return caller()


@pytest.fixture
def staff(caller):
    return caller(scope=STAFF)


@pytest.fixture(scope="session")
async def demo_shop(app, catalogue, database):
    """A shop with the demo catalogue, whose index is up to date."""
    tenant = TENANTS[0]
    await seed_shop(catalogue, database, tenant, 330)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{tenant}.localhost") as http:
        await until(lambda: _total(http), 330)
    return tenant


async def _status(http):
    return (await http.get("/health/ready")).status_code


async def _total(http):
    return (await http.get("/v1/products", params={"size": 1})).json().get("total")


async def until(read, wanted, seconds=15.0):
    """Wait until `read()` gives `wanted`."""
    deadline = time.monotonic() + seconds
    while (seen := await read()) != wanted:
        assert time.monotonic() < deadline, f"still {seen!r}, not {wanted!r}"
        await asyncio.sleep(0.05)


@pytest.fixture
def wait_until():
    return until


@pytest.fixture
def make_product():
    """Publishes products."""

    async def make(staff, *, sku=None, name="시험 상품", category=None, **changed):
        if category is None:
            category = "things"
            await staff.call("POST", "/v1/categories", {"slug": category, "name_ko": "물건", "name_en": "Things"})
        sku = sku or f"SKU-{uuid.uuid4().hex[:10].upper()}"
        body = {
            "name_ko": name,
            "name_en": "Test thing",
            "category": category,
            "variants": [{"sku": sku, "price": 10_000, "weight_grams": 300}],
            "status": "published",
        } | changed
        answer = await staff.call("POST", "/v1/products", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def take_in():
    """Takes goods into stock."""

    async def take(staff, product, sku, quantity, key=None):
        answer = await staff.call(
            "POST",
            f"/v1/products/{product['id']}/stock-movements",
            {"sku": sku, "delta": quantity, "reason": "incoming", "reference": "test"},
            Idempotency_Key=key or uuid.uuid4().hex,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return take


@pytest.fixture(scope="session")
async def stock_database(servers, database_for):
    """The stock tables without the service: what is said stays in the outbox."""
    clock = MovableClock(SystemClock().now())
    async with open_database(database_for("product"), clock=clock, max_size=30) as opened:

        def keep(transaction, messages):
            return [], lambda: None

        opened.use_outbox(keep)
        yield opened


@pytest.fixture
def warehouse(stock_database):
    return Warehouse(stock_database, f"s-{uuid.uuid4().hex[:10]}", stock_database.clock)
