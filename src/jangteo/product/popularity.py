"""What is popular: the pieces of a product that were sold in the last 30 days, in the shop's time zone.

A piece is counted in the transaction that books it as sold, and taken off the day of its sale in the one that books it
back, be it cancelled or returned: as often as the stock moves, and no more. What was paid back but did not come back
stays counted. The search index is told some time later, all changes of that time together, because writing it costs
more than counting.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jangteo.contracts.product import PopularityChanged
from jangteo.kit.postgres import Database, Transaction

DAYS = 30
AT_ONCE = 500
_SEOUL = ZoneInfo("Asia/Seoul")
_COUNT = """
INSERT INTO sales AS row (tenant, product_id, day, units)
SELECT $1, item.product_id, $2, sum(line.quantity) FROM unnest($3::text[], $4::bigint[]) AS line (sku, quantity)
JOIN stock_items AS item ON item.tenant = $1 AND item.sku = line.sku
GROUP BY item.product_id ORDER BY item.product_id
ON CONFLICT (tenant, product_id, day) DO UPDATE SET units = row.units + EXCLUDED.units
"""
# A day that is over has no row any more; and never below nothing, should a SKU have gone to another product since.
_TAKE_OFF = """
UPDATE sales AS row SET units = greatest(row.units - back.units, 0) FROM (
    SELECT item.product_id, sum(line.quantity)::bigint AS units
    FROM unnest($3::text[], $4::bigint[]) AS line (sku, quantity)
    JOIN stock_items AS item ON item.tenant = $1 AND item.sku = line.sku GROUP BY item.product_id
) AS back
WHERE row.tenant = $1 AND row.day = $2 AND row.product_id = back.product_id
"""
_UNITS = """
SELECT product_id, sum(units)::bigint AS units FROM sales
WHERE tenant = $1 AND day >= $2 AND product_id = ANY($3) GROUP BY product_id
"""
_ALL_UNITS = """
SELECT product_id, sum(units)::bigint AS units FROM sales WHERE tenant = $1 AND day >= $2 GROUP BY product_id
"""
_WITH_CHANGES = """
SELECT tenant FROM sales WHERE units <> told UNION SELECT tenant FROM sales WHERE day < $1
"""
_TAKE_CHANGES = """
WITH old AS (
    DELETE FROM sales WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM sales WHERE tenant = $1 AND day < $2 LIMIT $3 FOR UPDATE SKIP LOCKED))
    RETURNING product_id
), new AS (
    UPDATE sales SET told = units WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM sales WHERE tenant = $1 AND units <> told AND day >= $2 LIMIT $3 FOR UPDATE SKIP LOCKED))
    RETURNING product_id
)
SELECT product_id FROM old UNION SELECT product_id FROM new
"""


async def count_sold(transaction: Transaction, quantities: Mapping[str, int]) -> None:
    """Count what is sold now, by SKU."""
    today = _day(transaction.clock.now())
    await transaction.execute(_COUNT, transaction.tenant, today, list(quantities), list(quantities.values()))


async def take_off(transaction: Transaction, quantities: Mapping[str, int], sold_at: datetime) -> None:
    """Count no more what was sold at `sold_at` and is given back, by SKU."""
    skus, counts = list(quantities), list(quantities.values())
    await transaction.execute(_TAKE_OFF, transaction.tenant, _day(sold_at), skus, counts)


async def read_units(database: Database, tenant: str, products: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the pieces of each of `products` that were sold in the last 30 days; those without any are left out."""
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_UNITS, tenant, _first_day(database.clock.now()), list(products))
    return {row["product_id"]: row["units"] for row in rows}


async def read_all_units(database: Database, tenant: str) -> Mapping[UUID, int]:
    """Return the same of all products of a shop."""
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_ALL_UNITS, tenant, _first_day(database.clock.now()))
    return {row["product_id"]: row["units"] for row in rows}


async def tell_changes(database: Database) -> int:
    """Forget days that are over and say whose popularity is another one; return of how many products. Raises
    Unavailable.
    """
    first, told = _first_day(database.clock.now()), 0
    async with database.system() as sweep:
        tenants = [row["tenant"] for row in await sweep.fetch(_WITH_CHANGES, first)]
    for tenant in tenants:
        async with database.transaction(tenant) as transaction:
            rows = await transaction.fetch(_TAKE_CHANGES, tenant, first, AT_ONCE)
            transaction.send(*(PopularityChanged(product_id=row["product_id"]) for row in rows))
        told += len(rows)
    return told


def _day(moment: datetime) -> date:
    return moment.astimezone(_SEOUL).date()


def _first_day(now: datetime) -> date:
    """Return the first of the days that count."""
    return _day(now) - timedelta(days=DAYS - 1)
