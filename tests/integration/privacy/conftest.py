"""A database with personal data in it, and vaults of several processes on it."""

import base64
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jangteo.kit.migrations import migrate
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import PrivateSettings, open_vault

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def private_url(servers):
    servers.create_database("private")
    migrate(servers.url("postgres", "private", owner=True), Path(__file__).parent / "versions")
    return servers.url("postgres", "private")


@pytest.fixture
async def database(private_url):
    async with open_database(private_url) as database:
        yield database


@pytest.fixture(scope="session")
def master_file(tmp_path_factory):
    """A master key file, to which tests may add versions."""
    file = tmp_path_factory.mktemp("master") / "master.key"
    file.write_text(fresh_key())
    return file


def fresh_key() -> str:
    """A master key as the files have it."""
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def told(private_url, master_file, tenant):
    """What a service is told that keeps data of the test's tenant."""

    def settings(**changed: str) -> PrivateSettings:
        values = {"key_provider": master_file.as_uri(), "tenants": (), "default_tenant": tenant} | changed
        return PrivateSettings(service="private", bus_url="", database_url=private_url, **values)

    return settings


@pytest.fixture
def another_process(database, told):
    """Opens a vault that shares nothing with the others but the database and the provider."""

    @asynccontextmanager
    async def opened(**changed: str):
        async with open_vault(told(**changed), database) as vault:
            yield vault

    return opened


@pytest.fixture
async def vault(another_process):
    async with another_process() as vault:
        yield vault
