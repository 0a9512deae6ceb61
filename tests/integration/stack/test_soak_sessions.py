"""The soak run sees the connections of every role, which PostgreSQL tells to nobody but the superuser."""

from bench.soak.readings import sessions_by_role
from jangteo.kit.postgres import open_database
from jangteo.stack.environment import role_of


async def test_connections_are_counted_by_role(servers):
    servers.create_database("sessions")
    role = role_of("sessions")
    assert role not in await sessions_by_role(servers.site)
    async with open_database(servers.url("postgres", "sessions"), min_size=3):
        assert (await sessions_by_role(servers.site))[role] == 3
