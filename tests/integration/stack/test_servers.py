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
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(servers.url("postgres", "mine"), database="jangteo_yours")


async def test_services_reach_postgres_by_its_socket_and_anybody_with_a_password_by_tcp(servers: Servers) -> None:
    servers.create_database("doors")
    url, password = servers.url("postgres", "doors"), servers.site.credentials.password("postgres.jangteo_doors")
    assert "/jangteo_doors?host=/" in url
    by_tcp = {"host": "127.0.0.1", "port": servers.site.ports["postgres"]}
    for how in ({"dsn": url}, {**by_tcp, "user": "jangteo_doors", "password": password, "database": "jangteo_doors"}):
        connection = await asyncpg.connect(**how)
        assert (await connection.fetchval("SELECT inet_server_addr()") is None) == ("dsn" in how)
        await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url.replace(password, "wrong"))


async def test_postgres_is_reached_by_tcp_where_its_folder_lies_too_deep_for_a_socket(
    throw_away: Callable[[str], Path],
) -> None:
    with Servers(throw_away("deep") / ("d" * 60) / ("e" * 60), fsync=False) as servers:
        servers.start("postgres", databases=("own",))
        assert "@127.0.0.1:" in servers.url("postgres", "own")
        connection = await asyncpg.connect(servers.url("postgres", "own"))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


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
