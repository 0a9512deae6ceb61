"""A transaction is all or nothing, and sees its own tenant only."""

import asyncio

import asyncpg
import pytest

from jangteo.kit.errors import Conflict
from jangteo.kit.postgres import DatabaseUnavailable, open_database

ADD = "INSERT INTO things (tenant, name) VALUES ($1, $2)"


async def names(database, tenant):
    async with database.read(tenant) as reader:
        return {row["name"] for row in await reader.fetch("SELECT name FROM things")}


async def test_a_failed_transaction_leaves_nothing(database, tenant):
    with pytest.raises(Conflict):
        async with database.transaction(tenant) as transaction:
            await transaction.execute(ADD, tenant, "a")
            raise Conflict()
    assert await names(database, tenant) == set()


async def test_hooks_run_after_the_commit_only(database, tenant):
    called = []
    async with database.transaction(tenant) as transaction:
        await transaction.execute(ADD, tenant, "a")
        transaction.after_commit(lambda: called.append("yes"))
        assert called == []
    assert called == ["yes"]
    with pytest.raises(Conflict):
        async with database.transaction(tenant) as transaction:
            transaction.after_commit(lambda: called.append("no"))
            raise Conflict()
    assert called == ["yes"]


async def test_one_tenant_never_sees_or_writes_anothers_rows(database, tenant):
    other = tenant + "-b"
    async with database.transaction(tenant) as transaction:
        await transaction.execute(ADD, tenant, "mine")
    assert await names(database, other) == set()
    async with database.transaction(other) as transaction:
        assert await transaction.execute("UPDATE things SET name = 'stolen'") == 0
        assert await transaction.execute("DELETE FROM things") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(other) as transaction:
            await transaction.execute(ADD, tenant, "smuggled")
    assert await names(database, tenant) == {"mine"}


async def test_a_connection_that_changes_hands_changes_its_tenant(kit_url, tenant):
    async with open_database(kit_url, max_size=1) as database:
        for turn in range(3):
            for own in (f"{tenant}-{turn}-x", f"{tenant}-{turn}-y"):
                with pytest.raises(Conflict):
                    async with database.transaction(own) as transaction:
                        raise Conflict()
                async with database.transaction(own) as transaction:
                    await transaction.execute(ADD, own, own)
                assert await names(database, own) == {own}


async def test_parallel_tenants_do_not_mix(database, tenant):
    async def use(own):
        async with database.transaction(own) as transaction:
            await transaction.execute(ADD, own, own)
        assert await names(database, own) == {own}

    await asyncio.gather(*(use(f"{tenant}-{number}") for number in range(40)))


async def test_a_tenant_that_is_no_name_is_refused(database):
    with pytest.raises(ValueError, match="not a tenant"):
        async with database.transaction("x'; DROP TABLE things; --"):
            pass


async def test_a_database_that_is_not_there_is_unavailable():
    with pytest.raises(DatabaseUnavailable):
        async with open_database("postgresql://nobody:x@127.0.0.1:9/none"):
            pass


async def test_a_connection_whose_tenant_could_not_be_set_shows_nobody_elses_rows(kit_url, tenant, monkeypatch):
    other = tenant + "-c"

    async def cancelled(*_):
        raise asyncpg.QueryCanceledError

    async with open_database(kit_url, max_size=1) as database:
        async with database.transaction(tenant) as transaction:
            await transaction.execute(ADD, tenant, "mine")
        with monkeypatch.context() as patched, pytest.raises(DatabaseUnavailable):
            patched.setattr(asyncpg.pool.PoolConnectionProxy, "execute", cancelled)
            await names(database, other)
        assert await names(database, other) == set()
