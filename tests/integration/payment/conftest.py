"""The payment service and the sandbox's card processor as processes of their own, with a gate between the two.

The gate can hold a call before the processor gets it or before its answer comes back: so a test kills the payment
service at the very point that it names.
"""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from jangteo.kit.bus import connect
from jangteo.kit.discovery import open_registry
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.settings import load
from jangteo.payment.settings import PaymentSettings

# The modules beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from payment_saga import EVENTS, Buyer, Saga
from payment_world import SECRET_KEY, TENANTS, WEBHOOK_SECRET, Authority, Gate, Hooks, Person
from processes import Running, free_port


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


@pytest.fixture(scope="session")
async def saga(payment: Running, settings: PaymentSettings) -> AsyncIterator[Saga]:
    bus = await connect(settings.bus_url, name="saga")
    talking = Saga(bus)
    await bus.consume("saga", [event.type for event in EVENTS], talking.hear)
    yield talking
    await bus.close()


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


@pytest.fixture(scope="session")
async def authority(settings: PaymentSettings, payment: Running) -> AsyncIterator[Authority]:
    """Signed in as the user service, where the payment service looks for it."""
    signing = Authority()
    application = web.Application()
    application.router.add_get("/.well-known/jwks.json", signing.keys)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with open_registry(settings.bus_url) as registry:
        await registry.register("user", f"http://127.0.0.1:{port}")
        yield signing
        await registry.deregister()
    await runner.cleanup()


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
