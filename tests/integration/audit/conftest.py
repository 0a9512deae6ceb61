"""An audited service and its witness on real servers, and their owner, who can do what nobody should."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from jangteo.kit import audit
from jangteo.kit.audit import AuditAdvanced, Entry, bear_witness
from jangteo.kit.auth import Caller
from jangteo.kit.bus import connect
from jangteo.kit.ids import new_id
from jangteo.kit.inbox import subscribe
from jangteo.kit.migrations import migrate
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import open_database
from jangteo.stack.audit import Trail
from jangteo.stack.audit_trails import check

KEY = "the audit key of the tests, which is long enough"
SERVICE = "desk"


class Archive(NamedTuple):
    """The service's database, its owner's way in, and the witness's."""

    database: object
    trail: Trail
    owner_url: str
    witness: object
    witness_url: str
    bus: object

    async def act(self, tenant, *actions, **more):
        """Do audited things as a member of staff, one transaction each."""
        caller = Caller(
            kind="member", tenant=tenant, id=new_id(), permissions=frozenset({"x.do"}), address="198.51.100.9"
        )
        for action in actions:
            await audit.note(self.database, tenant, Entry(by=caller, action=action, on="thing:1", **more))
        return caller

    async def verify(self, tenant):
        """Return the faults of the shop's chain."""
        [checked] = await check([self.trail], tenant)
        return checked.faults

    async def witnessed(self, tenant, number):
        """Return when the witness was told of entry `number`."""
        async with asyncio.timeout(20):
            while True:
                async with self.witness.read(tenant) as reader:
                    if await reader.fetchval(
                        "SELECT true FROM audit_heads_seen WHERE tenant = $1 AND number = $2", tenant, number
                    ):
                        return
                await asyncio.sleep(0.02)

    async def by_hand(self, *statements, tenant):
        """Run SQL as the owner of the tables, with what protects them put aside."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
            for sql in statements:
                await connection.execute(sql.replace("TENANT", f"'{tenant}'"))
            await connection.execute("ALTER TABLE audit_entries ENABLE TRIGGER USER")
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def make_tables(servers):
    """Make a database with the tables of a folder beside this file."""

    def make(name):
        servers.create_database(f"audit_{name}")
        migrate(servers.url("postgres", f"audit_{name}", owner=True), Path(__file__).parent / name)
        return servers.url("postgres", f"audit_{name}")

    return make


@asynccontextmanager
async def _opened(servers, make_tables):
    url, witness_url = make_tables("trail"), make_tables("witness")
    bus = await connect(f"{servers.url('nats')}?prefix=audits", name="audits")
    async with open_database(url) as database, open_database(witness_url) as witness:
        audit.keep(database, SERVICE, KEY)
        relay = Relay(database, bus, source=SERVICE)
        await relay.start()
        told = await subscribe(bus, witness, "witness", {AuditAdvanced: bear_witness})
        owner_url = servers.url("postgres", "audit_trail", owner=True)
        yield Archive(database, Trail(SERVICE, url, KEY, witness_url), owner_url, witness, witness_url, bus)
        await told.stop()
        await relay.stop()
    await bus.close()


@pytest.fixture(scope="session")
async def archive(servers, make_tables):
    async with _opened(servers, make_tables) as opened:
        yield opened
