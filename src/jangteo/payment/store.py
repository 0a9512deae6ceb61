"""Load, lock, save: the only writes to attempts, refunds, the ledger and the orders' cancellations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.pruning import Retention
from jangteo.payment.domain.attempt import Attempt, Change, Refund
from jangteo.payment.domain.ledger import Movement
from jangteo.payment.states import CLEAR, RefundState, State

_COLUMNS = Attempt.__struct_fields__
_REFUND_COLUMNS = Refund.__struct_fields__
# What never changes once an attempt or a refund is made.
_FIXED = {"id", "tenant", "order_id", "order_number", "member_id", "provider", "amount", "currency", "created_at"}
_FIXED |= {"capture_at_once"}
_FIXED_OF_REFUND = {"id", "tenant", "payment_id", "amount", "currency", "reason", "compulsory", "requested_by"}
_FIXED_OF_REFUND |= {"created_at"}
_CHANGING = tuple(name for name in _COLUMNS if name not in _FIXED and name != "version")
_CHANGING_OF_REFUND = tuple(name for name in _REFUND_COLUMNS if name not in _FIXED_OF_REFUND)


def _places(count: int, first: int = 1) -> str:
    return ", ".join(f"${number}" for number in range(first, first + count))


_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM payments"
_SELECT_REFUND = f"SELECT {', '.join(_REFUND_COLUMNS)} FROM refunds"
_INSERT = f"INSERT INTO payments ({', '.join(_COLUMNS)}) VALUES ({_places(len(_COLUMNS))})"
_INSERT_REFUND = f"INSERT INTO refunds ({', '.join(_REFUND_COLUMNS)}) VALUES ({_places(len(_REFUND_COLUMNS))})"
_UPDATE_REFUND = (
    f"UPDATE refunds SET ({', '.join(_CHANGING_OF_REFUND)}) = ROW({_places(len(_CHANGING_OF_REFUND), 2)}) WHERE id = $1"
)

# The first attempt of an order that nobody cancelled, which is nearly every one, is made in one round trip. The row of
# the order is locked by it: a cancellation that comes at the same moment finds the attempt, or the attempt finds it.
_INSERT_FIRST = f"""
WITH account AS (
    INSERT INTO orders (order_id, tenant, attempts) VALUES ($3, $2, 1)
    ON CONFLICT (order_id) DO UPDATE SET attempts = orders.attempts + 1
    RETURNING attempts, cancel_requested_at IS NOT NULL AS cancelled),
made AS (
    INSERT INTO payments ({", ".join(_COLUMNS)})
    SELECT {_places(len(_COLUMNS))} FROM account WHERE attempts = 1 AND NOT cancelled RETURNING 1)
SELECT EXISTS (SELECT FROM made) AS made, cancelled FROM account
"""

_SAVE = f"""
UPDATE payments SET (version, {", ".join(_CHANGING)}) = ROW($2 + 1, {_places(len(_CHANGING), 3)})
WHERE id = $1 AND version = $2
"""
_BOOK_AT = 3 + len(_CHANGING)
_SAVE_AND_BOOK = f"""
WITH saved AS ({_SAVE} RETURNING tenant, id, updated_at)
INSERT INTO ledger_movements (tenant, payment_id, at, kind, reference, debit, credit, amount, currency)
SELECT saved.tenant, saved.id, saved.updated_at, {_places(6, _BOOK_AT)} FROM saved
"""
_BEGIN_CAPTURE = f"""
UPDATE payments SET state = 'capturing', version = version + 1, tries = 0, due_at = $2, updated_at = $3
WHERE id = $1 AND order_id = $4 AND state = 'authorised' AND NOT unwanted
RETURNING {", ".join(_COLUMNS)}
"""
_CANCEL_ORDER = """
INSERT INTO orders (order_id, tenant, attempts, cancel_requested_at, cancel_reason) VALUES ($1, $2, 0, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET
    cancel_requested_at = coalesce(orders.cancel_requested_at, excluded.cancel_requested_at),
    cancel_reason = coalesce(nullif(orders.cancel_reason, ''), excluded.cancel_reason)
RETURNING cancelled_at IS NOT NULL
"""
_CLAIM = f"""
UPDATE payments SET due_at = $2, version = version + 1 WHERE id IN (
    SELECT id FROM payments WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING {", ".join(_COLUMNS)}
"""
_CLAIM_REFUNDS = f"""
UPDATE refunds SET due_at = $2 WHERE id IN (
    SELECT id FROM refunds WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING {", ".join(_REFUND_COLUMNS)}
"""
_CLEAR_STATES = ", ".join(f"'{state}'" for state in sorted(CLEAR))
_UNCLOSED = f"""
SELECT order_id, tenant FROM orders
WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL AND NOT EXISTS (
    SELECT FROM payments WHERE payments.order_id = orders.order_id
    AND (refunding > 0 OR state NOT IN ({_CLEAR_STATES})))
LIMIT $1
"""


class FirstTry(NamedTuple):
    """What became of the short way in."""

    made: bool
    cancelled: bool


async def insert_first(tx: Transaction, attempt: Attempt) -> FirstTry:
    """Add an attempt where it is the first of an order that is not cancelled; lock the order in any case."""
    row = await tx.fetchrow(_INSERT_FIRST, *_values(attempt, _COLUMNS))
    assert row is not None  # noqa: S101  (the statement always returns one)
    return FirstTry(row["made"], row["cancelled"])


async def insert(tx: Transaction, attempt: Attempt) -> None:
    """Add an attempt; its order must be locked."""
    await tx.execute(_INSERT, *_values(attempt, _COLUMNS))


async def load(reader: Reader, payment_id: UUID) -> Attempt | None:
    """Return an attempt as it is."""
    row = await reader.fetchrow(f"{_SELECT} WHERE id = $1", payment_id)
    return None if row is None else attempt_of(row)


async def lock(tx: Transaction, payment_id: UUID) -> Attempt | None:
    """Return an attempt, which nobody else changes before this transaction ends."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR UPDATE", payment_id)
    return None if row is None else attempt_of(row)


async def lock_attempts(tx: Transaction, order_id: UUID) -> list[Attempt]:
    """Return the attempts of an order, oldest first, which nobody else changes; lock the order before."""
    rows = await tx.fetch(f"{_SELECT} WHERE order_id = $1 ORDER BY id FOR UPDATE", order_id)
    return [attempt_of(row) for row in rows]


async def begin_capture(tx: Transaction, order_id: UUID, payment_id: UUID, due_at: datetime) -> Attempt | None:
    """Set out to capture an attempt that holds money and is wanted; return it, None where there is no such one."""
    row = await tx.fetchrow(_BEGIN_CAPTURE, payment_id, due_at, tx.clock.now(), order_id)
    return None if row is None else attempt_of(row)


async def save(tx: Transaction, before: Attempt, change: Change) -> bool:
    """Save a change with all that belongs to it; return False where somebody changed the attempt since `before`."""
    changed = change.attempt != before or change.movements
    if changed and not await _save_attempt(tx, before, change):
        return False
    for refund in change.refunds:
        updated = await tx.execute(_UPDATE_REFUND, refund.id, *_values(refund, _CHANGING_OF_REFUND))
        if not updated:
            await tx.execute(_INSERT_REFUND, *_values(refund, _REFUND_COLUMNS))
    tx.send(*change.says)
    return True


async def lock_refund(tx: Transaction, refund_id: UUID) -> Refund | None:
    """Return a refund, which nobody else changes; lock its attempt before."""
    row = await tx.fetchrow(f"{_SELECT_REFUND} WHERE id = $1 FOR UPDATE", refund_id)
    return None if row is None else refund_of(row)


async def claim_due(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Attempt]:
    """Take attempts of all tenants that somebody must look after, for oneself until `until`."""
    return [attempt_of(row) for row in await tx.fetch(_CLAIM, now, until, limit)]


async def claim_due_refunds(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Refund]:
    """Take refunds of all tenants that somebody must look after, for oneself until `until`."""
    return [refund_of(row) for row in await tx.fetch(_CLAIM_REFUNDS, now, until, limit)]


async def cancel_order(tx: Transaction, order_id: UUID, reason: str) -> bool:
    """Note that an order is cancelled and lock it; return whether everything was given back and told before."""
    done: bool = await tx.fetchval(_CANCEL_ORDER, order_id, tx.tenant, tx.clock.now(), reason)
    return done


async def lock_order(tx: Transaction, order_id: UUID) -> None:
    """Lock an order, so that no attempt of it is added and it is not cancelled meanwhile."""
    await tx.execute("SELECT FROM orders WHERE order_id = $1 FOR UPDATE", order_id)


async def lock_open_cancellation(tx: Transaction, order_id: UUID) -> bool:
    """Lock an order; return whether its cancellation still waits to be told."""
    row = await tx.fetchrow(
        "SELECT cancel_requested_at IS NOT NULL AND cancelled_at IS NULL FROM orders WHERE order_id = $1 FOR UPDATE",
        order_id,
    )
    return bool(row and row[0])


async def close_cancellation(tx: Transaction, order_id: UUID) -> None:
    """Note that the end of a cancellation is told."""
    await tx.execute("UPDATE orders SET cancelled_at = $2 WHERE order_id = $1", order_id, tx.clock.now())


async def unclosed_cancellations(tx: Transaction, limit: int) -> list[tuple[str, UUID]]:
    """Return tenant and order where everything is given back and nobody has told yet."""
    return [(row["tenant"], row["order_id"]) for row in await tx.fetch(_UNCLOSED, limit)]


def webhook_retention(days: float) -> Retention:
    """Return how long webhooks are known again; attempts only move forward, so a later one is old news all the same."""
    return Retention("webhooks", "received_at", timedelta(days=days))


async def note_webhook(tx: Transaction, provider: str, event_id: str, payment_id: UUID, kind: str) -> bool:
    """Record a webhook; return False where the same was recorded before."""
    sql = "INSERT INTO webhooks VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
    return bool(await tx.execute(sql, provider, event_id, tx.tenant, payment_id, kind, tx.clock.now()))


def attempt_of(row: Any) -> Attempt:
    """Return a row of `payments` as what it is."""
    values = dict(row)
    values["state"] = State(values["state"])
    return Attempt(**values)


def refund_of(row: Any) -> Refund:
    """Return a row of `refunds` as what it is."""
    values = dict(row)
    values["state"] = RefundState(values["state"])
    return Refund(**values)


async def _save_attempt(tx: Transaction, before: Attempt, change: Change) -> bool:
    values = (before.id, before.version, *_values(change.attempt, _CHANGING))
    if not change.movements:
        return bool(await tx.execute(_SAVE, *values))
    (movement,) = change.movements
    return bool(await tx.execute(_SAVE_AND_BOOK, *values, *_booked(movement)))


def _booked(movement: Movement) -> tuple[Any, ...]:
    return (
        movement.kind,
        movement.reference,
        movement.debit,
        movement.credit,
        movement.amount,
        movement.currency,
    )


def _values(struct: Attempt | Refund, names: Sequence[str]) -> list[Any]:
    return [getattr(struct, name) for name in names]
