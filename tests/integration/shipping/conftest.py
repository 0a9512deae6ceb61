"""The shipping service and the sandbox's carrier as processes of their own, with a gate between the two.

The gate can hold a call before the carrier gets it or before its answer comes back, and it carries the carrier's
notices: so a test kills the service at the very point that it names, and loses or repeats notices at will.
"""

import asyncio
import hashlib
import hmac
import sys
import time
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from jangteo.kit.bus import connect
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from processes import Running, free_port
from shipping_saga import EVENTS, Order, Saga
from shipping_world import BY_HAND, SECONDS_PER_LEG, SECRET_KEY, TENANTS, WEBHOOK_SECRET, Gate, Neighbours, served


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
        "JANGTEO_BY_HAND": ",".join(BY_HAND),
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


@pytest.fixture(scope="session")
async def saga(shipping, environment):
    bus = await connect(environment["JANGTEO_BUS_URL"], name="saga")
    talking = Saga(bus)
    await bus.consume("saga", list(EVENTS), talking.hear)
    yield talking
    await bus.close()


@pytest.fixture(scope="session")
def _tenants():
    return iter(TENANTS[: -len(BY_HAND)])


@pytest.fixture
def tenant(_tenants):
    """A shop that no other test uses, and that the service knows."""
    return next(_tenants)


@pytest.fixture(scope="session")
def _tenants_by_hand():
    return iter(BY_HAND)


@pytest.fixture
def shop_by_hand(_tenants_by_hand):
    """A shop whose staff send its parcels themselves, and that no other test uses."""
    return next(_tenants_by_hand)


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
