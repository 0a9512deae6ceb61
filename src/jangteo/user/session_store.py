"""Loads, locks and saves sessions."""

from datetime import datetime, timedelta
from uuid import UUID

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.user.domain.session import Session

# Ended sessions are kept for a while: by them a device is known again. The record of log-ins is a table of its own.
_KEEP_ENDED = timedelta(days=92)
_BATCH = 1000


async def add_session(transaction: Transaction, member: UUID, idle: timedelta, life: timedelta) -> UUID:
    """Insert a session in its first turn; return its id."""
    id, now = new_id(), transaction.clock.now()
    await transaction.execute(
        "INSERT INTO sessions (tenant, id, member_id, turned_at, idle_until, expires_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $4)",
        transaction.tenant,
        id,
        member,
        now,
        now + idle,
        now + life,
    )
    return id


async def lock_session(transaction: Transaction, id: UUID) -> Session | None:
    """Return a session that nobody else may turn until the end, or None."""
    row = await transaction.fetchrow(
        "SELECT id, member_id, turn, turned_at, turned_by, idle_until, expires_at, revoked_at FROM sessions"
        " WHERE tenant = $1 AND id = $2 FOR UPDATE",
        transaction.tenant,
        id,
    )
    if row is None:
        return None
    return Session(
        id=row["id"],
        member_id=row["member_id"],
        turn=row["turn"],
        turned_at=row["turned_at"],
        turned_by=row["turned_by"],
        idle_until=row["idle_until"],
        expires_at=row["expires_at"],
        revoked=row["revoked_at"] is not None,
    )


async def turn_session(transaction: Transaction, session: Session, key: bytes | None, idle_until: datetime) -> int:
    """Save that the session took its next turn; return that turn."""
    await transaction.execute(
        "UPDATE sessions SET turn = $2, turned_at = $3, turned_by = $4, idle_until = $5 WHERE id = $1",
        session.id,
        session.turn + 1,
        transaction.clock.now(),
        key,
        idle_until,
    )
    return session.turn + 1


async def revoke_session(transaction: Transaction, id: UUID, reason: str) -> bool:
    """End a session; return whether it was open."""
    return bool(
        await transaction.execute(
            "UPDATE sessions SET revoked_at = $3, revoked_for = $4"
            " WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL",
            transaction.tenant,
            id,
            transaction.clock.now(),
            reason,
        )
    )


async def revoke_sessions(transaction: Transaction, member: UUID, reason: str, *, but: UUID | None = None) -> int:
    """End all sessions of a member, except `but`; return how many were open."""
    return await transaction.execute(
        "UPDATE sessions SET revoked_at = $3, revoked_for = $4"
        " WHERE tenant = $1 AND member_id = $2 AND revoked_at IS NULL AND id IS DISTINCT FROM $5",
        transaction.tenant,
        member,
        transaction.clock.now(),
        reason,
        but,
    )


async def remove_ended_sessions(database: Database) -> int:
    """Delete the sessions, of all tenants, that ended long ago; return how many."""
    removed = 0
    while True:
        async with database.transaction(EVERY_TENANT) as transaction:
            found = await transaction.execute(
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)",
                transaction.clock.now() - _KEEP_ENDED,
                _BATCH,
            )
        removed += found
        if found < _BATCH:
            return removed
