"""What runs low: the SKUs of which the fewest are left, so that somebody orders more before they are gone."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from jangteo.kit.errors import Invalid
from jangteo.kit.postgres import Database

_LOW = """
SELECT item.sku, item.product_id, item.on_hand, item.reserved, item.on_hand - item.reserved AS available,
    item.low_mark, item.sold, product.name_ko, product.name_en, product.slug
FROM stock_items AS item JOIN products AS product USING (tenant, product_id)
WHERE item.tenant = $1 AND product.status = 'published' AND item.on_hand - item.reserved <= $2
  AND (item.on_hand - item.reserved, item.sku) > ($3, $4)
ORDER BY item.on_hand - item.reserved, item.sku LIMIT $5
"""
BEFORE_ALL = (-1, "")


class BadLowCursor(Invalid):
    """The cursor was not made by this list."""

    code = "page.bad_cursor"
    ko = "페이지 커서가 올바르지 않습니다."
    en = "The cursor is not one of this list."


class LowStock(Struct, frozen=True, kw_only=True):
    """A SKU on sale of which few are left; at `low_mark` shoppers are told so."""

    sku: str
    product_id: UUID
    slug: str
    name_ko: str
    name_en: str
    on_hand: int
    reserved: int
    available: int
    low_mark: int
    sold: int


class LowStockPage(Struct, frozen=True, kw_only=True):
    """A page of what runs low, the fewest first."""

    items: list[LowStock]
    next_cursor: str | None


async def running_low(database: Database, tenant: str, threshold: int, cursor: str, size: int) -> LowStockPage:
    """Return `size` SKUs of published products with at most `threshold` left. Raises BadLowCursor."""
    after = _place(cursor) if cursor else BEFORE_ALL
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_LOW, tenant, threshold, *after, size + 1)
    items = [LowStock(**dict(row)) for row in rows[:size]]
    return LowStockPage(items=items, next_cursor=_cursor(items) if len(rows) > size else None)


def _cursor(items: Sequence[LowStock]) -> str:
    return f"{items[-1].available}.{items[-1].sku}"


def _place(cursor: str) -> tuple[int, str]:
    available, dot, sku = cursor.partition(".")
    if not dot or not available.isascii() or not available.isdigit() or len(available) > 9 or "\0" in sku:
        raise BadLowCursor(field="cursor")
    return int(available), sku
