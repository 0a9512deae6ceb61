"""The register: one row of PostgreSQL for every product in any status, so that staff page through 100,000 of them.

A projection of the documents, written in the transaction that announces a change; a late twin never undoes a newer one.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from jangteo.kit.postgres import Database, Transaction
from jangteo.product.domain.catalogue import Product, Status

_ENTER = """
INSERT INTO products AS row (tenant, product_id, number, version, status, publish_at, category, slug, name_ko, name_en,
    picture, price, variants, words, changed_at)
SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::int[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::bigint[], $13::int[], $14::text[], $15::timestamptz[])
ON CONFLICT (tenant, product_id) DO UPDATE SET (version, status, publish_at, category, slug, name_ko, name_en, picture,
    price, variants, words, changed_at) = (EXCLUDED.version, EXCLUDED.status, EXCLUDED.publish_at, EXCLUDED.category,
    EXCLUDED.slug, EXCLUDED.name_ko, EXCLUDED.name_en, EXCLUDED.picture, EXCLUDED.price, EXCLUDED.variants,
    EXCLUDED.words, EXCLUDED.changed_at)
WHERE row.version < EXCLUDED.version
"""
# The page first, then the stock of its rows alone.
_PAGE = """
SELECT page.*, coalesce(stock.on_hand, 0) AS on_hand, coalesce(stock.available, 0) AS available
FROM (SELECT product_id, number, version, status, publish_at, category, slug, name_ko, name_en, picture, price,
    variants, changed_at FROM products WHERE {conditions} ORDER BY number DESC LIMIT {limit}) AS page
LEFT JOIN LATERAL (
    SELECT sum(on_hand)::bigint AS on_hand, sum(on_hand - reserved)::bigint AS available FROM stock_items
    WHERE tenant = $1 AND product_id = page.product_id
) AS stock ON true ORDER BY page.number DESC
"""
_DUE = """
SELECT tenant, product_id FROM products WHERE status = 'draft' AND publish_at <= $1 ORDER BY publish_at LIMIT $2
"""
LAST_NUMBER = (1 << 63) - 1


class Registered(Struct, frozen=True, kw_only=True):
    """A product in the list of staff; `price` is its lowest in won, stock that of all its SKUs."""

    product_id: UUID
    number: int
    version: int
    status: Status
    publish_at: datetime | None
    category: str
    slug: str
    name_ko: str
    name_en: str
    picture: str
    price: int
    variants: int
    on_hand: int
    available: int
    changed_at: datetime


class Wanted(Struct, frozen=True, kw_only=True):
    """Which products: those below the number `before`, in `status`, in one of `categories`, with `words` in them."""

    words: str = ""
    status: Status | None = None
    categories: frozenset[str] | None = None
    before: int = LAST_NUMBER
    size: int = 50


async def enter(transaction: Transaction, products: Sequence[Product]) -> None:
    """Write what the list shows of `products`, unless a newer version is there."""
    # In the order of their ids, so that no two transactions wait for each other.
    rows = [_row(product) for product in sorted(products, key=lambda product: product.id)]
    if rows:
        await transaction.execute(_ENTER, transaction.tenant, *(list(column) for column in zip(*rows, strict=True)))


async def page(database: Database, tenant: str, wanted: Wanted) -> list[Registered]:
    """Return one more than `wanted.size` products, if there are so many; those made last come first."""
    conditions, values = ["tenant = $1", "number < $2"], [tenant, wanted.before]
    if wanted.status is not None:
        values.append(wanted.status.value)
        conditions.append(f"status = ${len(values)}")
    if wanted.categories is not None:
        values.append(sorted(wanted.categories))
        conditions.append(f"category = ANY(${len(values)})")
    for word in folded(wanted.words).split():
        values.append(word)
        conditions.append(f"position(${len(values)} in words) > 0")
    values.append(wanted.size + 1)
    statement = _PAGE.format(conditions=" AND ".join(conditions), limit=f"${len(values)}")
    async with database.read(tenant) as reader:
        return [Registered(**_told(row)) for row in await reader.fetch(statement, *values)]


async def due(database: Database, now: datetime, limit: int) -> list[tuple[str, UUID]]:
    """Return tenant and id of drafts that were to be published by `now`, those due longest first."""
    async with database.system() as sweep:
        return [(row["tenant"], row["product_id"]) for row in await sweep.fetch(_DUE, now, limit)]


async def is_empty(database: Database, tenant: str) -> bool:
    """Say whether a shop has no row at all."""
    async with database.read(tenant) as reader:
        return await reader.fetchval("SELECT 1 FROM products WHERE tenant = $1 LIMIT 1", tenant) is None


def folded(text: str) -> str:
    """Return `text` as it is compared: in one form of Unicode, without case."""
    return unicodedata.normalize("NFC", text).casefold()


def _told(row: Any) -> dict[str, Any]:
    return {**dict(row), "status": Status(row["status"])}


def _row(product: Product) -> tuple[Any, ...]:
    brand = (product.brand.ko, product.brand.en) if product.brand else ()
    skus = (variant.sku for variant in product.variants)
    return (
        product.id,
        product.number,
        product.version,
        product.status.value,
        product.publish_at,
        product.category,
        product.slug,
        product.name.ko,
        product.name.en,
        product.pictures[0].name if product.pictures else "",
        product.lowest().price,
        len(product.variants),
        folded(" ".join((product.name.ko, product.name.en, product.slug, *brand, *skus))),
        product.changed_at,
    )
