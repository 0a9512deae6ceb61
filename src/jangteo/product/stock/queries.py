"""Reads of stock for the shop window: levels and quantities, one statement each."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from jangteo.kit.postgres import Database
from jangteo.product.domain.stock import Level, best_level, level_of

_LEVELS = """
SELECT product_id, sku, on_hand - reserved AS available, low_mark FROM stock_items
WHERE tenant = $1 AND product_id = ANY($2)
"""
_ALL_LEVELS = """
SELECT product_id, max(CASE WHEN on_hand <= reserved THEN 0 WHEN on_hand - reserved <= low_mark THEN 1 ELSE 2 END)
    AS level
FROM stock_items WHERE tenant = $1 GROUP BY product_id
"""
_AVAILABLE = "SELECT sku, on_hand - reserved AS available FROM stock_items WHERE tenant = $1 AND sku = ANY($2)"
# The server plans this one once; a list of SKUs it plans again each time, which takes longer than the reading.
_AVAILABLE_OF_ONE = "SELECT on_hand - reserved FROM stock_items WHERE tenant = $1 AND sku = $2"


async def read_levels(database: Database, tenant: str, products: Sequence[UUID]) -> dict[UUID, dict[str, Level]]:
    """Return the level of each SKU of `products`."""
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_LEVELS, tenant, list(products))
    levels: dict[UUID, dict[str, Level]] = {product: {} for product in products}
    for row in rows:
        levels[row["product_id"]][row["sku"]] = level_of(row["available"], row["low_mark"])
    return levels


async def read_all_levels(database: Database, tenant: str) -> dict[UUID, Level]:
    """Return the best level of every product of a shop."""
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_ALL_LEVELS, tenant)
    names = (Level.OUT, Level.LOW, Level.IN)
    return {row["product_id"]: names[row["level"]] for row in rows}


async def read_available(database: Database, tenant: str, skus: Sequence[str]) -> dict[str, int]:
    """Return how many pieces of each SKU can be bought now; SKUs without stock rows are left out."""
    async with database.read(tenant) as reader:
        if len(skus) == 1:
            available = await reader.fetchval(_AVAILABLE_OF_ONE, tenant, skus[0])
            return {} if available is None else {skus[0]: available}
        rows = await reader.fetch(_AVAILABLE, tenant, list(skus))
    return {row["sku"]: row["available"] for row in rows}


def product_level(levels: Mapping[str, Level], skus: Sequence[str]) -> Level:
    """Return the level of a product whose variants have `skus`."""
    return best_level([levels[sku] for sku in skus if sku in levels])
