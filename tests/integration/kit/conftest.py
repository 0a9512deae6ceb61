"""A database with the kit's own tables, and a bus."""

from pathlib import Path

import pytest

from jangteo.kit.bus import connect
from jangteo.kit.migrations import migrate
from jangteo.kit.postgres import open_database


@pytest.fixture(scope="session")
def kit_url(servers):
    servers.create_database("kit")
    migrate(servers.url("postgres", "kit", owner=True), Path(__file__).parent / "versions")
    return servers.url("postgres", "kit")


@pytest.fixture
async def database(kit_url):
    async with open_database(kit_url) as database:
        yield database


@pytest.fixture
async def bus(servers):
    bus = await connect(servers.url("nats"), name="kit-tests")
    yield bus
    await bus.close()
