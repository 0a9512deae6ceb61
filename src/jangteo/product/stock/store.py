"""The only writes to stock: rows are locked in SKU order, and a quantity moves only where the rows allow it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jangteo.contracts.product import AvailabilityChanged, Shortage
from jangteo.kit.errors import Conflict
from jangteo.kit.postgres import Transaction
from jangteo.product.domain.stock import Reason, level_of
from jangteo.product.states import State

_LOCK = """
SELECT sku, product_id, on_hand - reserved AS available, reserved FROM stock_items
WHERE tenant = $1 AND sku = ANY($2) ORDER BY sku FOR UPDATE
"""
_SHIFT = """
WITH moved AS (
    UPDATE stock_items AS item
    SET on_hand = on_hand + $4::int * asked.quantity, reserved = reserved + $5::int * asked.quantity,
        sold = sold + $6::int * asked.quantity, version = version + 1
    FROM unnest($2::text[], $3::bigint[]) AS asked (sku, quantity)
    WHERE item.tenant = $1 AND item.sku = asked.sku
      AND on_hand - reserved + ($4::int - $5::int) * asked.quantity >= 0 AND reserved + $5::int * asked.quantity >= 0
    RETURNING item.sku, item.product_id, item.low_mark, on_hand - reserved AS available, asked.quantity
), written AS (
    INSERT INTO stock_ledger (tenant, sku, delta_on_hand, delta_reserved, delta_sold, reason, reference, at)
    SELECT $1, sku, $4::int * quantity, $5::int * quantity, $6::int * quantity, $7, $8, $9 FROM moved
)
SELECT sku, product_id, low_mark, available, quantity FROM moved
"""
_HOLD = """
WITH opened AS (
    INSERT INTO reservations (order_id, tenant, state, expires_at, created_at, changed_at)
    VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING order_id, tenant
), lines AS (
    INSERT INTO reservation_lines (order_id, tenant, sku, quantity)
    SELECT * FROM opened, unnest($6::text[], $7::bigint[])
)
SELECT EXISTS (SELECT FROM opened)
"""
_REFUSE = """
WITH refused AS (
    UPDATE reservations SET state = $3, shortages = $4 WHERE order_id = $1 AND tenant = $2 RETURNING order_id
)
DELETE FROM reservation_lines USING refused WHERE reservation_lines.order_id = refused.order_id
"""
_OPEN = """
INSERT INTO reservations (order_id, tenant, state, created_at, changed_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT DO NOTHING
"""
_FIND = (
    "SELECT state, expires_at, shortages, changed_at FROM reservations WHERE order_id = $1 AND tenant = $2 FOR UPDATE"
)
_CHANGE = "UPDATE reservations SET state = $3, changed_at = $4 WHERE order_id = $1 AND tenant = $2"
_CHANGE_FROM = f"{_CHANGE} AND state = $5"
# The lines come sorted, and the row of each is locked as it comes.
_LOCK_LINES = """
SELECT line.sku, line.quantity, item.product_id, item.available, item.reserved
FROM (SELECT sku, quantity FROM reservation_lines WHERE order_id = $1 AND tenant = $2 ORDER BY sku) AS line
LEFT JOIN LATERAL (
    SELECT product_id, on_hand - reserved AS available, reserved FROM stock_items
    WHERE tenant = $2 AND sku = line.sku FOR UPDATE
) AS item ON true
"""
_ADD_ITEMS = """
INSERT INTO stock_items (tenant, sku, product_id) SELECT $1, unnest($2::text[]), unnest($3::uuid[])
ON CONFLICT (tenant, sku) DO UPDATE SET product_id = EXCLUDED.product_id
WHERE stock_items.product_id <> EXCLUDED.product_id
"""


_RETURNED = "SELECT sku, sum(quantity)::bigint AS quantity FROM stock_returns WHERE order_id = $1 GROUP BY sku"
_NOTE_RETURN = """
INSERT INTO stock_returns (order_id, return_id, tenant, sku, quantity)
SELECT $1, $2, $3, * FROM unnest($4::text[], $5::bigint[]) ON CONFLICT DO NOTHING
"""


class StockMoved(Conflict):
    """A quantity that was locked and found sufficient could not be moved: never happens; nothing is written."""

    code = "stock.moved"


class Locked(Struct, frozen=True):
    """What a locked row says of its SKU."""

    product_id: UUID
    available: int
    reserved: int


class Reservation(Struct, frozen=True):
    """What is known of an order's hold."""

    state: State
    expires_at: datetime | None
    shortages: list[Shortage]
    changed_at: datetime  # into this state


class Shift(Struct, frozen=True):
    """In which direction a quantity moves, for each of the three counts: -1, 0 or 1."""

    on_hand: int
    reserved: int
    sold: int
    reason: Reason


RESERVE = Shift(0, 1, 0, Reason.RESERVED)
RELEASE = Shift(0, -1, 0, Reason.RELEASED)
EXPIRE = Shift(0, -1, 0, Reason.EXPIRED)
SELL_HELD = Shift(-1, -1, 1, Reason.SOLD)
SELL = Shift(-1, 0, 1, Reason.SOLD)
RESTOCK = Shift(1, 0, -1, Reason.RESTOCKED)


async def lock(transaction: Transaction, skus: Sequence[str]) -> dict[str, Locked]:
    """Lock the rows of `skus` in SKU order, so that no two transactions wait for each other; unknown ones miss."""
    rows = await transaction.fetch(_LOCK, transaction.tenant, list(skus))
    return {row["sku"]: Locked(row["product_id"], row["available"], row["reserved"]) for row in rows}


async def shift(transaction: Transaction, quantities: Mapping[str, int], what: Shift, reference: str) -> None:
    """Move `quantities` of rows that are locked, write the ledger, and tell where a level was crossed.

    Raises StockMoved unless all of them can be moved.
    """
    rows = await transaction.fetch(
        _SHIFT,
        transaction.tenant,
        list(quantities),
        list(quantities.values()),
        what.on_hand,
        what.reserved,
        what.sold,
        what.reason.value,
        reference,
        transaction.clock.now(),
    )
    if len(rows) != len(quantities):
        raise StockMoved()
    for row in rows:
        after = level_of(row["available"], row["low_mark"])
        before = level_of(row["available"] - (what.on_hand - what.reserved) * row["quantity"], row["low_mark"])
        if after is not before:
            transaction.send(AvailabilityChanged(product_id=row["product_id"], sku=row["sku"], level=after.value))


async def add_items(transaction: Transaction, products: Mapping[str, UUID]) -> None:
    """Begin to keep stock of SKUs that are new, with none on hand."""
    skus = sorted(products)
    await transaction.execute(_ADD_ITEMS, transaction.tenant, skus, [products[sku] for sku in skus])


async def open_reservation(transaction: Transaction, order_id: UUID, state: State) -> bool:
    """Write the first state of an order that holds nothing; return False where there is one already."""
    now = transaction.clock.now()
    return bool(await transaction.execute(_OPEN, order_id, transaction.tenant, state.value, now))


async def find_reservation(transaction: Transaction, order_id: UUID) -> Reservation | None:
    """Lock and return an order's hold."""
    row: Any = await transaction.fetchrow(_FIND, order_id, transaction.tenant)
    if row is None:
        return None
    shortages = msgspec.json.decode(row["shortages"], type=list[Shortage])
    return Reservation(State(row["state"]), row["expires_at"], shortages, row["changed_at"])


async def hold(
    transaction: Transaction, order_id: UUID, state: State, expires_at: datetime, quantities: Mapping[str, int]
) -> bool:
    """Write the hold of an order with what it holds; return False where there is one already."""
    opened: bool = await transaction.fetchval(
        _HOLD,
        order_id,
        transaction.tenant,
        state.value,
        expires_at,
        transaction.clock.now(),
        list(quantities),
        list(quantities.values()),
    )
    return opened


async def refuse(transaction: Transaction, order_id: UUID, state: State, shortages: Sequence[Shortage]) -> None:
    """Take back a hold that this transaction has written: there is too little of something."""
    told = msgspec.json.encode(list(shortages)).decode()
    await transaction.execute(_REFUSE, order_id, transaction.tenant, state.value, told)


async def change_reservation(transaction: Transaction, order_id: UUID, state: State) -> None:
    """Write the new state of a hold that is locked."""
    await transaction.execute(_CHANGE, order_id, transaction.tenant, state.value, transaction.clock.now())


async def change_from(transaction: Transaction, order_id: UUID, before: State, after: State) -> bool:
    """Write the new state of a hold, and lock it, where it is in state `before`; return whether it was."""
    now = transaction.clock.now()
    return bool(await transaction.execute(_CHANGE_FROM, order_id, transaction.tenant, after.value, now, before.value))


async def lock_lines(transaction: Transaction, order_id: UUID) -> tuple[dict[str, int], dict[str, Locked]]:
    """Lock the rows of what an order holds, or held, in SKU order; return the quantities and those rows."""
    rows = await transaction.fetch(_LOCK_LINES, order_id, transaction.tenant)
    quantities = {row["sku"]: row["quantity"] for row in rows}
    found = [row for row in rows if row["product_id"] is not None]
    return quantities, {row["sku"]: Locked(row["product_id"], row["available"], row["reserved"]) for row in found}


async def returned(transaction: Transaction, order_id: UUID) -> dict[str, int]:
    """Return how many pieces of each SKU came back of an order whose hold is locked."""
    return {row["sku"]: row["quantity"] for row in await transaction.fetch(_RETURNED, order_id)}


async def note_return(transaction: Transaction, order_id: UUID, return_id: UUID, quantities: Mapping[str, int]) -> bool:
    """Write down what comes back; return False where it was written before."""
    skus, counts = list(quantities), list(quantities.values())
    return bool(await transaction.execute(_NOTE_RETURN, order_id, return_id, transaction.tenant, skus, counts))
