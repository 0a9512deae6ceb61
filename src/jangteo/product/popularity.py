"""What is popular: the pieces of a product that were paid for in the last 30 days, in the shop's time zone.

Orders are counted as they are paid; the search index is told some time later, all changes of that time together,
because writing it costs more than counting. Returned goods stay counted: somebody wanted them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jangteo.contracts.order import OrderLine
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


async def count_paid(transaction: Transaction, lines: Sequence[OrderLine]) -> None:
    """Count the pieces of an order that was paid just now; SKUs that nobody keeps stock of are passed over."""
    today = _day(transaction.clock.now())
    skus, quantities = [line.sku for line in lines], [line.quantity for line in lines]
    await transaction.execute(_COUNT, transaction.tenant, today, skus, quantities)


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
