"""The operations service as a process of its own on real servers, a neighbour that knows its staff, and a queue."""

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import jwt
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from processes import Running, free_port

from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database

TENANTS = tuple(f"o-{uuid.uuid4().hex[:10]}" for _ in range(40))
PREFIX = f"ops{uuid.uuid4().hex[:8]}"
MANAGE = "system.manage"


class UserService:
    """The user service, as far as a check of tokens asks it."""

    def __init__(self):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""

    def token(self, tenant, member, *permissions):
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(member), "tenant": tenant, "iat": now}
        scope = {"exp": now + 600, "scope": " ".join(permissions)}
        return jwt.encode(claims | scope, self._key, algorithm="RS256", headers={"kid": "test"})

    async def keys(self, _):
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": "test", "use": "sig", "alg": "RS256"}]})

    async def superseded(self, _):
        return web.json_response({"items": []})


@pytest.fixture(scope="session")
async def user_service():
    playing = UserService()
    application = web.Application()
    application.router.add_get("/.well-known/jwks.json", playing.keys)
    application.router.add_get("/internal/superseded-tokens", playing.superseded)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    playing.url = f"http://127.0.0.1:{port}"
    yield playing
    await runner.cleanup()


@pytest.fixture(scope="session")
def environment(servers, database_for, user_service):
    database_for("operations")
    given, port = servers.environment("operations"), free_port()
    return given | {
        "JANGTEO_PORT": str(port),
        "JANGTEO_BUS_URL": f"{given['JANGTEO_BUS_URL']}?prefix={PREFIX}",
        "JANGTEO_REGISTRY_URL": f"static:user={user_service.url}",
        "JANGTEO_WATCHED": f"operations=http://127.0.0.1:{port},ghost=http://127.0.0.1:{free_port()},nobody",
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_TRACE_FILE": "",
    }


@pytest.fixture(scope="session")
def service(environment, tmp_path_factory):
    """The address of the service, running."""
    running = Running("operations", environment, tmp_path_factory.mktemp("operations") / "log").start()
    yield running.url
    assert running.stop() == 0, running.log()


@pytest.fixture(scope="session")
async def bus(service, environment):
    connected = await connect(environment["JANGTEO_BUS_URL"], name="world")
    yield connected
    await connected.close()


@pytest.fixture(scope="session")
async def database(environment):
    async with open_database(environment["JANGTEO_DATABASE_URL"]) as opened:
        yield opened


@pytest.fixture(scope="session")
def _tenants():
    return iter(TENANTS)


@pytest.fixture
def tenant(_tenants):
    """A shop that no other test uses."""
    return next(_tenants)


@pytest.fixture
def other_tenant(_tenants):
    return next(_tenants)


@pytest.fixture
async def staff(service, user_service):
    """Makes somebody of a shop with these permissions; `call` is how they ask."""
    clients = []

    def make(tenant, *permissions, language="ko"):
        member = new_id()
        headers = {
            "Host": f"{tenant}.localhost",
            "Authorization": f"Bearer {user_service.token(tenant, member, *permissions)}",
            "Accept-Language": language,
        }
        clients.append(httpx.AsyncClient(base_url=service, headers=headers, timeout=30))
        return SimpleNamespace(id=member, call=clients[-1].request)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def operator(staff, tenant):
    """Somebody who runs the shop's mall."""
    return staff(tenant, MANAGE)


@pytest.fixture
async def queue(bus, tenant):
    """A consumer group that fails on everything until `works` is set; `knock` sends it something."""
    group = f"group-{uuid.uuid4().hex[:8]}"
    # A type of its own: a new group is handed all that earlier tests published.
    state = SimpleNamespace(group=group, type=f"test.knocked-{group}.v1", works=False, seen=[])

    async def handle(delivery):
        if not state.works:
            raise LookupError("no door for kim@example.com")
        state.seen.append(delivery.id)

    async def knock(door="front", of=tenant):
        id, now = new_id(), datetime.now(UTC)
        envelope = {"specversion": "1.0", "id": id, "source": "test", "type": state.type, "time": now, "tenant": of}
        body = msgspec.json.encode(envelope | {"partitionkey": door, "data": {"door": door}})
        await bus.publish([Outgoing(str(id), state.type, door, body)])
        return str(id)

    async def until(count):
        """Wait until `count` messages of all shops are parked."""
        async with asyncio.timeout(30):
            while True:
                if len(await bus.parked(group)) == count:
                    return
                await asyncio.sleep(0.02)

    async def handled(ids):
        """Wait until exactly the messages `ids` were handled."""
        async with asyncio.timeout(30):
            while True:
                if sorted(state.seen) == sorted(ids):
                    return
                await asyncio.sleep(0.02)

    state.knock, state.until, state.handled, state.path = knock, until, handled, f"/v1/system/queues/{group}"
    subscription = await bus.consume(group, [state.type], handle)
    yield state
    await subscription.stop()


@pytest.fixture
def entries(database):
    """Reads what the audit trail says of a shop."""

    async def read(tenant):
        async with database.read(tenant) as reader:
            return await reader.fetch("SELECT * FROM audit_entries WHERE tenant = $1 ORDER BY number", tenant)

    return read
