"""Reads and writes of the parcels that staff handed over."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.kit.postgres import Reader, Transaction


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel at a delivery company; `lines` is how many of each SKU are in it."""

    id: UUID
    shipment_id: UUID
    courier: str
    number: str
    handed_over_at: datetime
    lines: dict[str, int]


_SELECT = """
SELECT parcels.id, shipment_id, courier, number, handed_over_at,
    (SELECT json_object_agg(sku, quantity ORDER BY sku) FROM parcel_lines WHERE parcel_id = parcels.id)::text AS lines
FROM parcels
"""
_LEFT = """
SELECT sku, line.quantity - coalesce(sum(packed.quantity), 0) AS quantity
FROM shipment_lines AS line
LEFT JOIN (parcel_lines AS packed JOIN parcels ON parcels.id = parcel_id) USING (shipment_id, sku)
WHERE shipment_id = $1 GROUP BY sku, line.quantity HAVING line.quantity > coalesce(sum(packed.quantity), 0)
ORDER BY sku
"""
_INSERT = """
WITH stored AS (
    INSERT INTO parcels (id, tenant, shipment_id, courier, number, handed_over_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT ON CONSTRAINT parcel_numbers DO NOTHING RETURNING id)
INSERT INTO parcel_lines (parcel_id, tenant, sku, quantity)
SELECT stored.id, $2, line.* FROM stored, unnest($7::text[], $8::int[]) AS line
"""


async def find(reader: Reader, courier: str, number: str) -> Parcel | None:
    """Return the shop's parcel with this number, or None."""
    sql = f"{_SELECT} WHERE tenant = $1 AND courier = $2 AND number = $3"
    row = await reader.fetchrow(sql, reader.tenant, courier, number)
    return _parcel(row) if row else None


async def of_shipment(reader: Reader, shipment_id: UUID) -> list[Parcel]:
    """Return the parcels of a shipment, the first handed over first."""
    return [_parcel(row) for row in await reader.fetch(f"{_SELECT} WHERE shipment_id = $1 ORDER BY id", shipment_id)]


async def left(reader: Reader, shipment_id: UUID) -> dict[str, int]:
    """Return how many pieces of each SKU are in no parcel yet, SKUs of which none are left out."""
    return {row["sku"]: int(row["quantity"]) for row in await reader.fetch(_LEFT, shipment_id)}


async def insert(transaction: Transaction, parcel: Parcel) -> bool:
    """Store a new parcel; its shipment must be locked. Return False where another one has the number."""
    stored = await transaction.execute(
        _INSERT,
        parcel.id,
        transaction.tenant,
        parcel.shipment_id,
        parcel.courier,
        parcel.number,
        parcel.handed_over_at,
        list(parcel.lines),
        list(parcel.lines.values()),
    )
    return stored > 0


def _parcel(row: Any) -> Parcel:
    lines = msgspec.json.decode(row["lines"], type=dict[str, int])
    return Parcel(**{**dict(row), "lines": lines})
