"""The notification service and the mailbox as processes of their own, with a gate between the two that speaks SMTP.

The gate can hold the answer to a mail that was accepted, refuse recipients, or be shut: so a test kills the service
in the blink between the acceptance of a mail and its being marked as sent.
"""

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from aiohttp import web

from jangteo.kit.bus import connect
from jangteo.kit.postgres import open_database

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from mail_world import KINDS, TENANTS, Member, Neighbours, SmtpGate
from processes import Running, free_port


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("notification-logs")


@pytest.fixture(scope="session")
async def neighbours():
    playing = Neighbours()
    application = web.Application()
    application.router.add_get("/.well-known/jwks.json", playing.keys)
    application.router.add_get("/internal/superseded-tokens", playing.superseded)
    application.router.add_get("/internal/members/{member_id}/contact", playing.contact)
    application.router.add_post("/internal/members/masked", playing.masked)
    application.router.add_get("/internal/mails/{mail_id}", playing.mail)
    application.router.add_get("/internal/orders/{order_id}", playing.order)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    playing.url = f"http://127.0.0.1:{port}"
    yield playing
    await runner.cleanup()


@pytest.fixture(scope="session")
async def mailbox(servers, logs):
    environment = servers.environment("mailbox") | {
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_SMTP_PORT": str(free_port()),
        "JANGTEO_STATE_DIR": str(logs / "state"),
    }
    running = Running("mailbox", environment, logs / "mailbox.log")
    running.smtp_port = int(environment["JANGTEO_SMTP_PORT"])
    await asyncio.to_thread(running.start)
    yield running
    await asyncio.to_thread(running.stop)


@pytest.fixture(scope="session")
async def gate(mailbox):
    standing = SmtpGate(mailbox.smtp_port)
    await standing.open()
    yield standing
    await standing.shut()


@pytest.fixture(scope="session")
def environment(servers, database_for, gate, neighbours):
    database_for("notification")
    given = servers.environment("notification")
    return given | {
        "JANGTEO_PORT": str(free_port()),
        "JANGTEO_BUS_URL": given["JANGTEO_BUS_URL"] + "?prefix=mailtest",
        "JANGTEO_REGISTRY_URL": f"static:user={neighbours.url},order={neighbours.url}",
        "JANGTEO_SMTP_URL": f"smtp://127.0.0.1:{gate.port}",
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_SEND_SECONDS": "1.5",
        "JANGTEO_TRACE_FILE": "",
    }


@pytest.fixture(scope="session")
async def notification(environment, logs):
    """The notification service, running. Who kills it starts it again."""
    running = Running("notification", environment, logs / "notification.log")
    await asyncio.to_thread(running.start)
    yield running
    assert await asyncio.to_thread(running.stop) == 0, running.log()


@pytest.fixture(scope="session")
async def database(environment):
    async with open_database(environment["JANGTEO_DATABASE_URL"]) as opened:
        yield opened


@pytest.fixture(scope="session")
async def bus(notification, environment):
    connected = await connect(environment["JANGTEO_BUS_URL"], name="world")
    yield connected
    await connected.close()


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
def kinds():
    return KINDS


@pytest.fixture
async def member(bus, neighbours, database, mailbox, notification, tenant):
    """Makes members."""
    async with httpx.AsyncClient(base_url=mailbox.url) as http:
        world = SimpleNamespace(bus=bus, neighbours=neighbours, database=database, http=http, url=notification.url)
        yield lambda language="ko", email="", tenant=tenant: Member(world, tenant, language, email)


@pytest.fixture
def killed(notification):
    """Kills the service as a power cut would, and starts it again."""

    async def kill_and_start():
        notification.kill()
        await asyncio.to_thread(notification.start)

    return kill_and_start
