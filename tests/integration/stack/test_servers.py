"""The embedded servers keep their promises: separate rooms, nothing lost when killed, nothing left when stopped."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from jangteo.stack.embedded import Servers

DatabaseFor = Callable[[str], str]


async def test_a_role_uses_the_tables_of_its_own_database_but_makes_none(servers: Servers) -> None:
    servers.create_database("room")
    owner = await asyncpg.connect(servers.url("postgres", "room", owner=True))
    guest = await asyncpg.connect(servers.url("postgres", "room"))
    await owner.execute("CREATE TABLE chairs (id bigserial PRIMARY KEY, legs int)")
    await guest.execute("INSERT INTO chairs (legs) VALUES (4)")
    assert await guest.fetchval("SELECT legs FROM chairs") == 4
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await guest.execute("CREATE TABLE tables (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await guest.execute("TRUNCATE chairs")
    await guest.close()
    await owner.close()


async def test_a_role_cannot_even_connect_to_another_database(servers: Servers) -> None:
    for name in ("mine", "yours"):
        servers.create_database(name)
    url = servers.url("postgres", "mine").removesuffix("jangteo_mine") + "jangteo_yours"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(url)


async def test_postgres_comes_back_with_its_data_when_killed(throw_away: Callable[[str], Path]) -> None:
    with Servers(throw_away("killed")).start("postgres", databases=("ledger",)) as servers:
        owner = await asyncpg.connect(servers.url("postgres", "ledger", owner=True))
        await owner.execute("CREATE TABLE rows (id int)")
        await owner.execute("INSERT INTO rows VALUES (1)")
        first = servers.pid("postgres")
        servers.kill("postgres")
        servers.wait_ready("postgres")
        assert servers.pid("postgres") != first
        again = await asyncpg.connect(servers.url("postgres", "ledger"))
        assert await again.fetchval("SELECT count(*) FROM rows") == 1
        await again.close()
        owner.terminate()
