"""Compares the stock counts of every SKU with the ledger and with what orders hold, and proposes what to mend.

Run in the environment of the product service: `python -m jangteo.product.audit [--repair]`. Exit code 0: all agree
(or was mended); 1: something differs. The ledger is never changed; --repair sets the counts to what it says.
"""

import asyncio
import sys

from msgspec import Struct

from jangteo.kit.postgres import Database, Transaction, open_database
from jangteo.kit.settings import load
from jangteo.product.settings import ProductSettings

_DIFFERENCES = """
WITH written AS (
    SELECT tenant, sku, sum(delta_on_hand) AS on_hand, sum(delta_reserved) AS reserved, sum(delta_sold) AS sold
    FROM stock_ledger GROUP BY tenant, sku
), claimed AS (
    SELECT line.tenant, line.sku,
           coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held,
           coalesce(sum(quantity) FILTER (WHERE state = 'committed'), 0) AS committed
    FROM reservation_lines AS line JOIN reservations USING (order_id) GROUP BY line.tenant, line.sku
)
SELECT item.tenant, item.sku, item.on_hand, item.reserved, item.sold,
       coalesce(written.on_hand, 0)::bigint AS ledger_on_hand, coalesce(written.reserved, 0)::bigint AS ledger_reserved,
       coalesce(written.sold, 0)::bigint AS ledger_sold,
       coalesce(claimed.held, 0)::bigint AS held, coalesce(claimed.committed, 0)::bigint AS committed
FROM stock_items AS item LEFT JOIN written USING (tenant, sku) LEFT JOIN claimed USING (tenant, sku)
WHERE (item.on_hand, item.reserved, item.sold)
      IS DISTINCT FROM (coalesce(written.on_hand, 0), coalesce(written.reserved, 0), coalesce(written.sold, 0))
   OR item.reserved <> coalesce(claimed.held, 0) OR item.sold <> coalesce(claimed.committed, 0)
ORDER BY item.tenant, item.sku
"""
_MEND = """
UPDATE stock_items SET on_hand = $3, reserved = $4, sold = $5, version = version + 1 WHERE tenant = $1 AND sku = $2
"""


class Difference(Struct, frozen=True, kw_only=True):
    """A SKU whose counts disagree with the ledger, or with what orders hold and have bought."""

    tenant: str
    sku: str
    on_hand: int
    reserved: int
    sold: int
    ledger_on_hand: int
    ledger_reserved: int
    ledger_sold: int
    held: int
    committed: int

    @property
    def can_be_mended(self) -> bool:
        """Whether the ledger itself agrees with the orders, so that it can be believed."""
        return self.ledger_reserved == self.held and self.ledger_sold == self.committed

    def proposal(self) -> str:
        """Return one line that says what is wrong and what would mend it."""
        counts = f"on hand {self.on_hand}, reserved {self.reserved}, sold {self.sold}"
        ledger = f"on hand {self.ledger_on_hand}, reserved {self.ledger_reserved}, sold {self.ledger_sold}"
        if self.can_be_mended:
            return f"{self.tenant} {self.sku}: {counts}; set to what the ledger says: {ledger}"
        orders = f"orders hold {self.held} and have bought {self.committed}"
        return f"{self.tenant} {self.sku}: {counts}; the ledger says {ledger}, but {orders}: needs a person"


async def find_differences(database: Database) -> list[Difference]:
    """Return the SKUs of all shops that disagree."""
    async with database.system() as transaction:
        return await _differences(transaction)


async def mend(database: Database) -> list[Difference]:
    """Set counts to what the ledger says where orders confirm it; return what is left for a person."""
    async with database.system() as transaction:
        await transaction.execute("LOCK TABLE stock_items IN SHARE ROW EXCLUSIVE MODE")
        for wrong in await _differences(transaction):
            if wrong.can_be_mended:
                counts = (wrong.ledger_on_hand, wrong.ledger_reserved, wrong.ledger_sold)
                await transaction.execute(_MEND, wrong.tenant, wrong.sku, *counts)
        return await _differences(transaction)


async def _differences(transaction: Transaction) -> list[Difference]:
    return [Difference(**dict(row)) for row in await transaction.fetch(_DIFFERENCES)]


async def _audit(settings: ProductSettings, repair: bool) -> int:
    async with open_database(settings.database_url) as database:
        found = await find_differences(database)
        for wrong in found:
            sys.stdout.write(wrong.proposal() + "\n")
        if found and repair:
            found = await mend(database)
            sys.stdout.write(f"mended; {len(found)} left for a person\n")
    if not found:
        sys.stdout.write("stock, ledger and orders agree\n")
    return 1 if found else 0


def main() -> int:
    """Return the exit code."""
    return asyncio.run(_audit(load(ProductSettings, "product"), "--repair" in sys.argv[1:]))


if __name__ == "__main__":
    raise SystemExit(main())
