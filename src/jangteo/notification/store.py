"""The only writes of the notification service."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.notification.domain import Notice, Outcome

EMAIL = "email"


class Due(NamedTuple):
    """A notice whose time has come, leased to this process."""

    id: UUID
    tenant: str
    template: str
    member_id: UUID
    order_id: UUID | None
    mail_id: UUID | None
    facts: dict[str, Any]
    attempts: int
    expires_at: datetime
    leased_until: datetime


async def add(transaction: Transaction, notice: Notice, leased_until: datetime | None) -> Due | None:
    """Store what is to be told because of the message at hand; None where the same message was there before.

    Under a lease it counts as attempted once: the caller sees to it as soon as this is committed. Without one it is
    due at once, for anybody.
    """
    now = transaction.clock.now()
    due = Due(
        id=new_id(),
        tenant=transaction.tenant,
        template=notice.template,
        member_id=notice.member_id,
        order_id=notice.order_id,
        mail_id=notice.mail_id,
        facts=notice.facts,
        attempts=0 if leased_until is None else 1,
        expires_at=notice.expires_at,
        leased_until=leased_until or now,
    )
    stored = await transaction.execute_last(
        "INSERT INTO notifications (id, tenant, event_id, channel, template, member_id, order_id, facts, attempts,"
        " created_at, due_at, expires_at, mail_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " ON CONFLICT DO NOTHING",
        due.id,
        due.tenant,
        transaction.cause,
        EMAIL,
        due.template,
        due.member_id,
        due.order_id,
        msgspec.json.encode(due.facts).decode(),
        due.attempts,
        now,
        due.leased_until,
        due.expires_at,
        due.mail_id,
    )
    return due if stored else None


async def lease_due(database: Database, lease: timedelta, limit: int) -> tuple[list[Due], datetime | None]:
    """Take up to `limit` notices that are due, of all tenants; a lease that its process lost runs out by itself.

    Return them, and when the next one is due.
    """
    async with database.system() as transaction:
        now = transaction.clock.now()
        rows = await transaction.fetch(_LEASE, now, now + lease, limit)
        next_at = None if rows else await transaction.fetchval(_NEXT)
    return [_due(row) for row in rows], next_at


async def mark(database: Database, outcomes: Sequence[Outcome]) -> None:
    """Record how the telling of notices, of any tenants, ended."""
    async with database.system() as transaction:
        await transaction.execute(
            _MARK,
            [outcome.id for outcome in outcomes],
            [outcome.status for outcome in outcomes],
            [outcome.subject for outcome in outcomes],
            [outcome.error for outcome in outcomes],
            [outcome.due_at for outcome in outcomes],
            transaction.clock.now(),
        )


_LEASE = """
UPDATE notifications SET due_at = $2, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM notifications WHERE status = 'pending' AND due_at <= $1
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, tenant, template, member_id, order_id, mail_id, facts, attempts, expires_at, due_at
"""
_NEXT = "SELECT min(due_at) FROM notifications WHERE status = 'pending'"
_MARK = """
UPDATE notifications AS present SET status = ended.status, subject = ended.subject, last_error = ended.error,
    due_at = coalesce(ended.due_at, present.due_at),
    finished_at = CASE WHEN ended.status = 'pending' THEN NULL ELSE $6::timestamptz END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    AS ended (id, status, subject, error, due_at)
WHERE present.id = ended.id AND present.status = 'pending'
"""


def _due(row: Any) -> Due:
    return Due(
        id=row["id"],
        tenant=row["tenant"],
        template=row["template"],
        member_id=row["member_id"],
        order_id=row["order_id"],
        mail_id=row["mail_id"],
        facts=msgspec.json.decode(row["facts"]),
        attempts=row["attempts"],
        expires_at=row["expires_at"],
        leased_until=row["due_at"],
    )
