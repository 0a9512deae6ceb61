"""The only writes of the notification service."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.notification.domain import Notice, retry_delay

LEASE = timedelta(seconds=60)
EMAIL = "email"


class Due(NamedTuple):
    """A notice whose time has come, leased to this process."""

    id: UUID
    tenant: str
    template: str
    member_id: UUID
    order_id: UUID | None
    facts: dict[str, Any]
    attempts: int
    expires_at: datetime


async def add(transaction: Transaction, notice: Notice) -> None:
    """Store what is to be told because of the message at hand; the same message adds nothing twice."""
    now = transaction.clock.now()
    await transaction.execute(
        "INSERT INTO notifications (id, tenant, event_id, channel, template, member_id, order_id, facts,"
        " created_at, due_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) ON CONFLICT DO NOTHING",
        new_id(),
        transaction.tenant,
        transaction.cause,
        EMAIL,
        notice.template,
        notice.member_id,
        notice.order_id,
        msgspec.json.encode(notice.facts).decode(),
        now,
        notice.expires_at,
    )


async def lease_due(database: Database, limit: int) -> list[Due]:
    """Take up to `limit` notices that are due, of all tenants; a lease that its process lost runs out by itself."""
    async with database.system() as transaction:
        now = transaction.clock.now()
        rows = await transaction.fetch(
            "UPDATE notifications SET due_at = $2, attempts = attempts + 1 WHERE id IN ("
            " SELECT id FROM notifications WHERE status = 'pending' AND due_at <= $1"
            " ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, tenant, template, member_id, order_id, facts, attempts, expires_at",
            now,
            now + LEASE,
            limit,
        )
    return [
        Due(
            id=row["id"],
            tenant=row["tenant"],
            template=row["template"],
            member_id=row["member_id"],
            order_id=row["order_id"],
            facts=msgspec.json.decode(row["facts"]),
            attempts=row["attempts"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


async def finish(database: Database, due: Due, status: str, *, subject: str = "", error: str = "") -> None:
    """Record how the telling ended: `sent`, `dropped` or `expired`."""
    async with database.transaction(due.tenant) as transaction:
        await transaction.execute(
            "UPDATE notifications SET status = $2, subject = $3, last_error = $4, finished_at = $5"
            " WHERE id = $1 AND status = 'pending'",
            due.id,
            status,
            subject,
            error,
            transaction.clock.now(),
        )


async def postpone(database: Database, due: Due, error: str) -> None:
    """Try again later; `error` says why, without anything personal in it."""
    async with database.transaction(due.tenant) as transaction:
        await transaction.execute(
            "UPDATE notifications SET due_at = $2, last_error = $3 WHERE id = $1 AND status = 'pending'",
            due.id,
            transaction.clock.now() + retry_delay(due.attempts),
            error,
        )
