"""Load, lock, save: the only writes of the shipping service."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from jangteo.contracts.shipping import ShipmentLine
from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.shipping.domain import Shipment, Sighting, Task
from jangteo.shipping.states import State, move

_COLUMNS = (
    "id, tenant, order_id, order_number, member_id, state, carrier, number, weight_grams, wanted_back, task, tries,"
    " asked"
)


class NoSuchShipment(NotFound):
    """There is no such shipment, or it is not the caller's."""

    code = "shipment.not_found"
    ko = "배송 정보를 찾을 수 없습니다."
    en = "There is no such shipment."


async def insert(
    transaction: Transaction, shipment: Shipment, lines: Sequence[ShipmentLine], due_at: datetime | None
) -> bool:
    """Store a new shipment; return False where its order has one already."""
    values = _values(transaction, shipment, lines, due_at)
    return bool(await transaction.fetchval(_INSERT_OR_NOT, *values))


async def insert_at_once(
    transaction: Transaction, shipment: Shipment, lines: Sequence[ShipmentLine], due_at: datetime | None
) -> bool:
    """Do the same as all that the message's transaction does, or where it returns False before everything else."""
    try:
        await transaction.execute_last(_INSERT, *_values(transaction, shipment, lines, due_at))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != _ONE_OF_AN_ORDER:
            raise
        return False
    return True


def _values(
    transaction: Transaction, shipment: Shipment, lines: Sequence[ShipmentLine], due_at: datetime | None
) -> list[Any]:
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
    return [
        shipment.id,
        transaction.tenant,
        shipment.order_id,
        shipment.order_number,
        shipment.member_id,
        shipment.state,
        shipment.carrier,
        shipment.weight_grams,
        shipment.task,
        shipment.tries,
        shipment.asked,
        due_at,
        transaction.clock.now(),
        list(quantities),
        list(quantities.values()),
    ]


_ONE_OF_AN_ORDER = "shipments_order_id_key"
_STORE = """
    INSERT INTO shipments (id, tenant, order_id, order_number, member_id, state, carrier, weight_grams, task, tries,
        asked, due_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
"""
_STORE_LINES = """
    INSERT INTO shipment_lines (tenant, shipment_id, sku, quantity)
    SELECT $2, stored.id, line.* FROM stored, unnest($14::text[], $15::int[]) AS line
"""
_INSERT = f"WITH stored AS ({_STORE} RETURNING id) {_STORE_LINES}"
_INSERT_OR_NOT = f"""
WITH stored AS ({_STORE} ON CONFLICT (order_id) DO NOTHING RETURNING id),
lines AS ({_STORE_LINES})
SELECT count(*) FROM stored
"""


async def lock_by_order(transaction: Transaction, order_id: UUID) -> Shipment | None:
    """Return the shipment of an order, locked until the transaction ends, or None."""
    sql = f"SELECT {_COLUMNS} FROM shipments WHERE order_id = $1 FOR UPDATE"
    row = await transaction.fetchrow(sql, order_id)
    return _shipment(row) if row else None


async def lock(transaction: Transaction, shipment_id: UUID) -> Shipment:
    """Return a shipment, locked until the transaction ends. Raises NoSuchShipment."""
    row = await transaction.fetchrow(f"SELECT {_COLUMNS} FROM shipments WHERE id = $1 FOR UPDATE", shipment_id)
    if row is None:
        raise NoSuchShipment()
    return _shipment(row)


async def save(
    transaction: Transaction, shipment: Shipment, *, due_at: datetime | None = None, recipient: str | None = None
) -> None:
    """Store what may change of a shipment; its task is due at `due_at`. `recipient` is encrypted; None keeps it."""
    await transaction.execute(
        "UPDATE shipments SET state = $2, number = $3, wanted_back = $4, task = $5, tries = $6, asked = $7,"
        " due_at = $8, updated_at = CASE WHEN state = $2 THEN updated_at ELSE $9 END,"
        " recipient_sealed = coalesce($10, recipient_sealed) WHERE id = $1",
        shipment.id,
        shipment.state,
        shipment.number,
        shipment.wanted_back,
        shipment.task,
        shipment.tries,
        shipment.asked,
        due_at,
        transaction.clock.now(),
        recipient,
    )


async def save_parcel(
    transaction: Transaction, shipment: Shipment, number: str, due_at: datetime, recipient: str | None
) -> bool:
    """Store the parcel of a shipment as its first call for it left it, without locking it first.

    Return False, and change nothing, where something has happened to it since.
    """
    changed = await transaction.execute(
        "UPDATE shipments SET state = $2, number = $3, task = $4, tries = 0, asked = 0, due_at = $5, updated_at = $6,"
        " recipient_sealed = $7 WHERE id = $1 AND state = $8 AND number IS NULL AND NOT wanted_back AND asked = 1",
        shipment.id,
        move(State.REQUESTED, State.CREATED),
        number,
        Task.POLL,
        due_at,
        transaction.clock.now(),
        recipient,
        State.REQUESTED,
    )
    return bool(changed)


async def want_back(transaction: Transaction, shipment_id: UUID, state: State) -> None:
    """Mark a shipment that may or may not be at its carrier; its task stays due when it is, its tries begin anew."""
    await transaction.execute(
        "UPDATE shipments SET state = $2, wanted_back = true, tries = 0, updated_at = $3 WHERE id = $1",
        shipment_id,
        state,
        transaction.clock.now(),
    )


async def put_off(transaction: Transaction, shipment: Shipment, due_at: datetime) -> None:
    """Let the task of `shipment` be due at `due_at`, if it still has it."""
    sql = "UPDATE shipments SET due_at = $3 WHERE id = $1 AND task = $2"
    await transaction.execute(sql, shipment.id, shipment.task, due_at)


async def note(
    transaction: Transaction, shipment_id: UUID, sightings: Sequence[Sighting]
) -> tuple[list[Sighting], datetime | None]:
    """Store sightings; return those that are new, and when the newest of a known kind before them was."""
    rows = await transaction.fetch(_NOTE, transaction.tenant, shipment_id, *_columns(sightings))
    new = {(row["at"], row["raw"]) for row in rows if row["raw"] is not None}
    fresh = {(sighting.at, sighting.raw): sighting for sighting in sightings if (sighting.at, sighting.raw) in new}
    return list(fresh.values()), rows[0]["until"]


_NOTE = """
WITH fresh AS (
    INSERT INTO sightings (tenant, shipment_id, raw, at, code, place)
    SELECT $1, $2, * FROM unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[])
    ON CONFLICT DO NOTHING RETURNING at, raw)
SELECT until, fresh.at, fresh.raw
FROM (SELECT max(at) AS until FROM sightings WHERE shipment_id = $2 AND code <> 'unknown') AS known
LEFT JOIN fresh ON true
"""


def _columns(sightings: Sequence[Sighting]) -> tuple[list[str], list[datetime], list[str], list[str]]:
    return (
        [sighting.raw for sighting in sightings],
        [sighting.at for sighting in sightings],
        [sighting.code.value for sighting in sightings],
        [sighting.place for sighting in sightings],
    )


async def find_by_number(database: Database, carrier: str, number: str) -> tuple[str, UUID] | None:
    """Return tenant and id of the shipment whose parcel has this number: a carrier knows nothing of tenants."""
    async with database.read(EVERY_TENANT) as reader:
        row = await reader.fetchrow(
            "SELECT tenant, id FROM shipments WHERE carrier = $1 AND number = $2", carrier, number
        )
    return (row["tenant"], row["id"]) if row else None


async def lease_due(database: Database, lease: timedelta, limit: int) -> tuple[list[Shipment], datetime | None]:
    """Take up to `limit` shipments whose task is due, of all tenants; a lost lease runs out by itself.

    Return them, and when the next task is due. A registration counts as asked from here on: the call may get through
    and this process die before it knows.
    """
    async with database.system() as transaction:
        now = transaction.clock.now()
        rows = await transaction.fetch(
            "UPDATE shipments SET due_at = $2, tries = tries + 1, asked = asked + (task = 'register')::int"
            " WHERE id IN (SELECT id FROM shipments"
            " WHERE task IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
            f" RETURNING {_COLUMNS}",
            now,
            now + lease,
            limit,
        )
        next_at = await transaction.fetchval("SELECT min(due_at) FROM shipments WHERE task IS NOT NULL")
    return [_shipment(row) for row in rows], next_at


def _shipment(row: Any) -> Shipment:
    return Shipment(
        id=row["id"],
        tenant=row["tenant"],
        order_id=row["order_id"],
        order_number=row["order_number"],
        member_id=row["member_id"],
        state=State(row["state"]),
        carrier=row["carrier"],
        number=row["number"],
        weight_grams=row["weight_grams"],
        wanted_back=row["wanted_back"],
        task=Task(row["task"]) if row["task"] else None,
        tries=row["tries"],
        asked=row["asked"],
    )
