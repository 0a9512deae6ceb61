"""`jangteo keys`, as an operator runs it beside services that go on."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import PrivateSettings, open_vault
from jangteo.kit.settings import load


@pytest.fixture
def environment(servers, database_for, tmp_path, tenant):
    """What the order service is told, its master keys in a file of the test's own."""
    database_for("order")
    given = servers.environment("order")
    file = tmp_path / "master.key"
    file.write_text(Path(given["JANGTEO_KEY_PROVIDER"].removeprefix("file://")).read_text())
    return given | {"JANGTEO_KEY_PROVIDER": file.as_uri(), "JANGTEO_TENANTS": tenant, "JANGTEO_DEFAULT_TENANT": tenant}


async def keys(environment, *arguments):
    command = [sys.executable, "-m", "jangteo.cli", "keys", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_an_operator_changes_all_keys_and_a_running_service_reads_and_writes_on(environment, tenant):
    here = ("--service", "order", "--tenant", tenant)
    settings, person = load(PrivateSettings, "order", environment), new_id()
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        async with database.transaction(tenant) as transaction:
            sealed = (await vault.make_key(transaction, person)).encrypt("x", "p")
        code, said, _ = await keys(environment, "new-master", *here)
        assert (code, said.splitlines()[-1]) == (0, "order: 1 tenant keys wrapped again")
        code, said, _ = await keys(environment, "rotate", *here)
        assert (code, said) == (0, f"order: {tenant} wrap: new key, 1 keys moved under it\n")
        code, said, _ = await keys(environment, "status", *here)
        first, second = said.splitlines()
        assert "retired" in first
        assert second.endswith("under local 2  1 keys")
        vault._remembered.clear()
        async with database.transaction(tenant) as transaction:
            assert (await vault.key(transaction, person)).decrypt(sealed, "p") == "x"
            await vault.make_key(transaction, new_id())


@pytest.mark.parametrize(
    ("provider", "arguments", "said"),
    [
        ("file:///nowhere/master.key", ("status", "--service", "order"), "JANGTEO_KEY_PROVIDER: /nowhere/master.key"),
        ("env:NOT_SET", ("status", "--service", "order"), "JANGTEO_KEY_PROVIDER: the variable NOT_SET"),
        ("ftp://x", ("status", "--service", "order"), "JANGTEO_KEY_PROVIDER: one of file:///path"),
        ("env:NOT_SET", ("new-master", "--service", "order"), "only a file of master keys"),
        ("env:NOT_SET", ("status", "--service", "cart"), "cart keeps no personal data"),
        ("env:NOT_SET", ("status",), "--service"),
    ],
)
async def test_a_mistake_is_told_in_one_line(environment, provider, arguments, said):
    code, _, error = await keys(environment | {"JANGTEO_KEY_PROVIDER": provider}, *arguments)
    assert code == 1
    assert said in error
    assert len(error.splitlines()) == 1
