"""The order service on real servers, among neighbours that the tests play."""

import asyncio
import sys
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import aiohttp
import pytest
import uvicorn

import jangteo.order
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.bus import connect
from jangteo.kit.migrations import migrate
from jangteo.kit.postgres import open_database
from jangteo.kit.settings import load
from jangteo.order.main import assemble
from jangteo.order.settings import OrderSettings

# The modules beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from order_client import Client
from order_neighbours import Neighbours, World
from processes import free_port

TENANTS = [f"order-{number}" for number in range(150)]
LATER = TENANTS[-1]


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
        "JANGTEO_CAPTURE_LATER": f"{LATER}/sandbox",
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
    await world.start()
    yield world
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
def environment_for(servers, neighbours):
    """How tests make the environment of an order service of their own."""
    return lambda database_url, prefix, **more: settings_for(servers, neighbours, database_url, prefix, **more)


@pytest.fixture(scope="session")
def order_environment(environment_for, database_for):
    """The environment of the service that most tests use."""
    return environment_for(database_for("order"), "orders")


@pytest.fixture(scope="session")
async def order_url(order_environment):
    async with serving(order_environment) as url:
        yield url


@pytest.fixture(scope="session")
def serve_order(environment_for):
    """How tests serve another replica."""
    return lambda database_url, prefix: serving(environment_for(database_url, prefix))


@pytest.fixture(scope="session")
def play(servers):
    """How tests play a world of their own."""
    return lambda prefix: playing(servers, prefix)


@pytest.fixture(scope="session")
def read_rows():
    """How tests look into a database, past every service."""

    async def read(database_url: str, sql: str, *arguments: object) -> list[tuple]:
        async with open_database(database_url) as database, database.read("*") as reader:
            return [tuple(row) for row in await reader.fetch(sql, *arguments)]

    return read


@pytest.fixture(scope="session")
def _tenants():
    return iter(TENANTS[1:-1])


@pytest.fixture
def tenant(_tenants):
    """A tenant that no other test has."""
    return next(_tenants)


@pytest.fixture
def buyer(session, order_url, world, tenant):
    """A member of a shop of its own."""
    return Client(session, order_url, tenant)


@pytest.fixture
def buyer_captured_later(session, order_url, world):
    """A member of the one shop that has its money held first."""
    return Client(session, order_url, LATER)


@pytest.fixture(scope="session")
def identity(servers):
    """Service identities, as the stack made them."""
    return lambda service: ServiceIdentity(service, Path(servers.environment(service)["JANGTEO_IDENTITY_DIR"]))


@pytest.fixture(scope="session")
def own_database(servers):
    """Give the URL of a database with the tables of orders that nobody else uses."""

    def make(name: str) -> str:
        servers.create_database(name)
        migrate(servers.url("postgres", name, owner=True), Path(jangteo.order.__file__).parent / "migrations")
        return servers.url("postgres", name)

    return make


@pytest.fixture(scope="session")
async def impatient(servers, neighbours, session, own_database):
    """An order service with little time: a second to pay, a third of one to answer; its world comes with it."""
    more = {"JANGTEO_PAYMENT_WINDOW": "1.5", "JANGTEO_ANSWER_SECONDS": "0.3", "JANGTEO_SWEEP_SECONDS": "0.05"}
    environment = settings_for(servers, neighbours, own_database("orderhaste"), "haste", **more)
    async with playing(servers, "haste") as world, serving(environment) as url:
        yield world, lambda tenant: Client(session, url, tenant)
