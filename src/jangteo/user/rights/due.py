"""What is due of exports and withdrawals: taken by one process at a time, put off where somebody does not answer."""

from datetime import timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from jangteo.kit.postgres import Database

Table = Literal["exports", "withdrawals"]
# Longer than asking every service takes; a process that dies in between leaves the rest to another.
LEASE = timedelta(seconds=60)
FIRST, MOST = timedelta(seconds=2), timedelta(minutes=5)
_BATCH = 20


class Due(NamedTuple):
    """One export or withdrawal whose time has come."""

    id: UUID
    tenant: str
    member_id: UUID
    state: str
    tries: int


async def take(database: Database, table: Table) -> list[Due]:
    """Take some that are due, of all tenants; a lost lease runs out by itself."""
    async with database.system() as transaction:
        now = transaction.clock.now()
        rows: list[Any] = await transaction.fetch(
            f"UPDATE {table} SET due_at = $2, tries = tries + 1 WHERE id IN (SELECT id FROM {table}"
            " WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, tenant, member_id, state, tries",
            now,
            now + LEASE,
            _BATCH,
        )
    return [Due(*row) for row in rows]


async def put_off(database: Database, table: Table, due: Due) -> None:
    """Let it be due again later, the longer the oftener it was tried, if it stands where it stood."""
    async with database.transaction(due.tenant) as transaction:
        pause = min(FIRST * (1 << min(due.tries - 1, 16)), MOST)
        await transaction.execute(
            f"UPDATE {table} SET due_at = $4 WHERE tenant = $1 AND id = $2 AND state = $3 AND due_at IS NOT NULL",
            due.tenant,
            due.id,
            due.state,
            transaction.clock.now() + pause,
        )
