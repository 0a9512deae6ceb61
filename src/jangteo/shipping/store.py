"""Load, lock, save: the only writes of the shipping service."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jangteo.contracts.shipping import ShipmentLine
from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import Database, Transaction
from jangteo.shipping.domain import Shipment, Sighting, Task
from jangteo.shipping.states import State

_COLUMNS = (
    "id, tenant, order_id, order_number, member_id, state, carrier, number, weight_grams, wanted_back, task, tries"
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
    now = transaction.clock.now()
    stored = await transaction.execute(
        "INSERT INTO shipments (id, tenant, order_id, order_number, member_id, state, carrier, weight_grams, task,"
        " due_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"
        " ON CONFLICT (order_id) DO NOTHING",
        shipment.id,
        transaction.tenant,
        shipment.order_id,
        shipment.order_number,
        shipment.member_id,
        shipment.state,
        shipment.carrier,
        shipment.weight_grams,
        shipment.task,
        due_at,
        now,
    )
    if stored and lines:
        quantities: dict[str, int] = {}
        for line in lines:
            quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        await transaction.execute(
            "INSERT INTO shipment_lines (tenant, shipment_id, sku, quantity)"
            " SELECT $1, $2, * FROM unnest($3::text[], $4::int[])",
            transaction.tenant,
            shipment.id,
            list(quantities),
            list(quantities.values()),
        )
    return bool(stored)


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


async def save(transaction: Transaction, shipment: Shipment, *, due_at: datetime | None = None) -> None:
    """Store what may change of a shipment; its task is due at `due_at`."""
    await transaction.execute(
        "UPDATE shipments SET state = $2, number = $3, wanted_back = $4, task = $5, tries = $6, due_at = $7,"
        " updated_at = $8 WHERE id = $1",
        shipment.id,
        shipment.state,
        shipment.number,
        shipment.wanted_back,
        shipment.task,
        shipment.tries,
        due_at,
        transaction.clock.now(),
    )


async def seal_recipient(transaction: Transaction, shipment_id: UUID, sealed: str) -> None:
    """Store the encrypted recipient."""
    await transaction.execute("UPDATE shipments SET recipient_sealed = $2 WHERE id = $1", shipment_id, sealed)


async def note(transaction: Transaction, shipment_id: UUID, sighting: Sighting) -> tuple[bool, datetime | None]:
    """Store a sighting; return whether it is new, and when the newest one before it was."""
    until = await transaction.fetchval("SELECT max(at) FROM sightings WHERE shipment_id = $1", shipment_id)
    stored = await transaction.execute(
        "INSERT INTO sightings (tenant, shipment_id, raw, at, code, place) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        transaction.tenant,
        shipment_id,
        sighting.raw,
        sighting.at,
        sighting.code,
        sighting.place,
    )
    return bool(stored), until


async def find_by_number(database: Database, carrier: str, number: str) -> tuple[str, UUID] | None:
    """Return tenant and id of the shipment whose parcel has this number: a carrier knows nothing of tenants."""
    async with database.system() as transaction:
        row = await transaction.fetchrow(
            "SELECT tenant, id FROM shipments WHERE carrier = $1 AND number = $2", carrier, number
        )
    return (row["tenant"], row["id"]) if row else None


async def lease_due(database: Database, lease: timedelta, limit: int) -> list[Shipment]:
    """Take up to `limit` shipments whose task is due, of all tenants; a lost lease runs out by itself."""
    async with database.system() as transaction:
        now = transaction.clock.now()
        rows = await transaction.fetch(
            "UPDATE shipments SET due_at = $2, tries = tries + 1 WHERE id IN (SELECT id FROM shipments"
            " WHERE task IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
            f" RETURNING {_COLUMNS}",
            now,
            now + lease,
            limit,
        )
    return [_shipment(row) for row in rows]


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
    )
