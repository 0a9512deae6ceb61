"""What staff do to stock: goods come in, go missing, are counted; each movement with a reason and a reference."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.kit.postgres import Database, Transaction
from jangteo.product.domain.catalogue import Sku
from jangteo.product.domain.stock import BelowReserved, NoSuchSku, Reason, check_movement
from jangteo.product.stock import store
from jangteo.product.stock.store import Shift

_HISTORY = """
SELECT id, sku, delta_on_hand, delta_reserved, delta_sold, reason, reference, at FROM stock_ledger
WHERE tenant = $1 AND sku = ANY($2) AND id < $3 ORDER BY id DESC LIMIT $4
"""
_COUNTS = """
SELECT sku, on_hand, reserved, on_hand - reserved AS available, sold FROM stock_items
WHERE tenant = $1 AND product_id = $2 ORDER BY sku
"""
LAST_ID = (1 << 63) - 1


class StockMovement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many pieces more (or, negative, fewer), and why. `reference` is the paper behind it."""

    sku: Sku
    delta: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    reason: Reason
    reference: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = ""


class StockCounts(Struct, frozen=True, kw_only=True):
    """The quantities of a SKU: in the warehouse, promised of these, left to be bought, sold so far."""

    sku: str
    on_hand: int
    reserved: int
    available: int
    sold: int


class LedgerRow(Struct, frozen=True, kw_only=True):
    """One change of a SKU's quantities."""

    id: int
    sku: str
    delta_on_hand: int
    delta_reserved: int
    delta_sold: int
    reason: str
    reference: str
    at: str


class StockHistory(Struct, frozen=True, kw_only=True):
    """What there is of a product's SKUs and how it came to that, the newest first."""

    stock: list[StockCounts]
    items: list[LedgerRow]
    next_cursor: str | None


async def record(transaction: Transaction, product_id: UUID, movement: StockMovement) -> StockCounts:
    """Change the quantity on hand. Raises NoSuchSku, BadMovement, BelowReserved."""
    check_movement(movement.reason, movement.delta)
    row = (await store.lock(transaction, [movement.sku])).get(movement.sku)
    if row is None or row.product_id != product_id:
        raise NoSuchSku(sku=movement.sku, field="sku")
    if row.available + movement.delta < 0:
        raise BelowReserved(sku=movement.sku, reserved=row.reserved, field="delta")
    sign = 1 if movement.delta > 0 else -1
    reference = movement.reference or "staff"
    await store.shift(transaction, {movement.sku: abs(movement.delta)}, Shift(sign, 0, 0, movement.reason), reference)
    counts = await transaction.fetch(_COUNTS, transaction.tenant, product_id)
    return next(StockCounts(**dict(row)) for row in counts if row["sku"] == movement.sku)


async def history(database: Database, tenant: str, product_id: UUID, before: int, size: int) -> StockHistory:
    """Return the newest `size` ledger rows with an id below `before`."""
    async with database.read(tenant) as reader:
        counts = [StockCounts(**dict(row)) for row in await reader.fetch(_COUNTS, tenant, product_id)]
        skus = [count.sku for count in counts]
        rows = await reader.fetch(_HISTORY, tenant, skus, before, size + 1)
    items = [LedgerRow(**{**dict(row), "at": row["at"].isoformat()}) for row in rows[:size]]
    return StockHistory(stock=counts, items=items, next_cursor=str(items[-1].id) if len(rows) > size else None)
