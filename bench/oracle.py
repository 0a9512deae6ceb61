"""The oracle: reads every store of the mall, past its services, and says whether orders, money and stock agree."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from jangteo.stack.mall import Mall

STABLE = ("reserved", "paid", "shipped", "delivered", "rejected", "cancelled")
BOUGHT = ("paid", "shipped", "delivered")
STORES = ("order", "payment", "product", "shipping", "user")


# Each SKU's counts, what its ledger says of them, and what the reservations say: three records of one truth.
_STOCK_AND_LEDGER = """
SELECT i.sku, i.on_hand, i.reserved, i.sold, l.moved, l.held, l.gone, r.committed, r.promised
FROM stock_items i
JOIN (SELECT tenant, sku, sum(delta_on_hand) AS moved, sum(delta_reserved) AS held, sum(delta_sold) AS gone
      FROM stock_ledger GROUP BY tenant, sku) l USING (tenant, sku)
CROSS JOIN LATERAL (
      SELECT coalesce(sum(quantity) FILTER (WHERE state = 'committed'), 0) AS committed,
             coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS promised
      FROM reservation_lines JOIN reservations USING (order_id)
      WHERE reservation_lines.tenant = i.tenant AND reservation_lines.sku = i.sku) r
"""


@dataclass(frozen=True)
class Stock:
    """The pieces of one SKU, by where they are."""

    on_hand: int
    reserved: int
    sold: int


class Oracle:
    """Looks into the stores of one mall; it only reads."""

    def __init__(self, mall: Mall) -> None:
        self._mall = mall

    async def rows(self, service: str, sql: str, *arguments: Any) -> list[Any]:
        """Return rows of a service's database, of all tenants, as its owner sees them."""
        connection = await asyncpg.connect(self._mall.site.migration_url(service))
        try:
            found: list[Any] = await connection.fetch(sql, *arguments)
            return found
        finally:
            await connection.close()

    def provider_payments(self) -> list[tuple[str, int]]:
        """Return (reference, amount kept) of every payment that the card provider knows: its own truth."""
        path = next(self._mall.home.state("sandbox-pay").glob("*.sqlite3"))
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return list(connection.execute("SELECT reference, captured_amount - refunded_amount FROM payments"))

    def provider_holds(self) -> list[str]:
        """Return the references of payments that hold a customer's money without having taken it."""
        path = next(self._mall.home.state("sandbox-pay").glob("*.sqlite3"))
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return [row[0] for row in connection.execute("SELECT reference FROM payments WHERE status = 'authorized'")]

    async def settled(self, seconds: float = 90.0) -> None:
        """Return when nothing is under way any more. Raises AssertionError with what is, after `seconds`."""
        deadline, quiet = time.monotonic() + seconds, 0
        while quiet < 2:
            restless = await self._restless()
            quiet = 0 if restless else quiet + 1
            if restless and time.monotonic() > deadline:
                raise AssertionError(f"still under way after {seconds:.0f} s: {restless}")
            await asyncio.sleep(0.3)

    async def _restless(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for store in STORES:
            waiting = await self.rows(store, "SELECT type FROM outbox LIMIT 5")
            if waiting:
                found[f"{store} outbox"] = [row["type"] for row in waiting]
        moving = await self.rows(
            "order", "SELECT order_id, status FROM order_views WHERE NOT status = ANY($1) LIMIT 5", list(STABLE)
        )
        if moving:
            found["orders"] = [(str(row["order_id"]), row["status"]) for row in moving]
        working = await self.rows(
            "payment",
            "SELECT state FROM payments WHERE state IN ('authorising', 'unknown', 'capturing', 'voiding', 'refunding')"
            " UNION ALL SELECT 'cancelling' FROM orders"
            " WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL LIMIT 5",
        )
        if working:
            found["payments"] = [row["state"] for row in working]
        uncommitted = await self._uncommitted()
        if uncommitted:
            found["paid, but the stock is not committed"] = uncommitted
        return found

    async def _uncommitted(self) -> list[str]:
        bought = await self.rows("order", "SELECT order_id FROM order_views WHERE status = ANY($1)", list(BOUGHT))
        held = await self.rows("product", "SELECT DISTINCT order_id FROM reservations WHERE state = 'held'")
        return [str(id) for id in {row["order_id"] for row in bought} & {row["order_id"] for row in held}]

    async def stock(self, sku: str) -> Stock:
        """Return where the pieces of a SKU are."""
        row = (await self.rows("product", "SELECT on_hand, reserved, sold FROM stock_items WHERE sku = $1", sku))[0]
        return Stock(row["on_hand"], row["reserved"], row["sold"])

    async def charges(self, order_id: str) -> list[int]:
        """Return what the provider keeps of each payment of an order, zeros left out."""
        rows = await self.rows("payment", "SELECT id FROM payments WHERE order_id = $1", UUID(order_id))
        references = {str(row["id"]) for row in rows}
        return [kept for reference, kept in self.provider_payments() if reference in references and kept]

    async def assert_exact(self) -> None:
        """Raise AssertionError unless orders, charges, ledger and stock agree to the won and to the piece."""
        faults = [*await self._money_faults(), *await self._stock_faults()]
        if faults:
            raise AssertionError("\n".join(faults[:20]))

    async def _money_faults(self) -> list[str]:
        faults = []
        orders = {row["order_id"]: row for row in await self.rows("order", "SELECT * FROM order_views")}
        payments = await self.rows("payment", "SELECT id, order_id, captured, refunded FROM payments")
        kept_at_provider = dict.fromkeys(orders, 0)
        kept_by_reference: dict[str, int] = {}
        for reference, kept in self.provider_payments():
            kept_by_reference[reference] = kept_by_reference.get(reference, 0) + kept
        for payment in payments:
            ours, theirs = payment["captured"] - payment["refunded"], kept_by_reference.pop(str(payment["id"]), 0)
            if ours != theirs:
                faults.append(f"payment {payment['id']}: we say {ours}, the provider keeps {theirs}")
            kept_at_provider[payment["order_id"]] = kept_at_provider.get(payment["order_id"], 0) + theirs
        faults += [
            f"the provider keeps {kept} of {ref}, unknown here" for ref, kept in kept_by_reference.items() if kept
        ]
        for order_id, kept in kept_at_provider.items():
            order = orders.get(order_id)
            due = order["total"] if order is not None and order["status"] in BOUGHT else 0
            if kept != due:
                status = order["status"] if order is not None else "unknown"
                faults.append(f"order {order_id} is {status}: {kept} is charged, {due} is due")
        balance = await self.rows("payment", "SELECT coalesce(sum(amount), 0) AS sum FROM ledger_entries")
        if balance[0]["sum"] != 0:
            faults.append(f"the ledger is off balance by {balance[0]['sum']}")
        return faults

    async def _stock_faults(self) -> list[str]:
        faults = []
        for row in await self.rows("product", _STOCK_AND_LEDGER):
            counts = (row["on_hand"], row["reserved"], row["sold"])
            if counts != (row["moved"], row["held"], row["gone"]):
                faults.append(f"stock of {row['sku']} differs from its ledger: {dict(row)}")
            if counts[2] != row["committed"] or counts[1] != row["promised"]:
                faults.append(f"stock of {row['sku']} differs from its reservations: {dict(row)}")
            if min(counts) < 0 or counts[1] > counts[0]:
                faults.append(f"stock of {row['sku']} cannot be: {dict(row)}")
        return faults + await self._reservation_faults()

    async def _reservation_faults(self) -> list[str]:
        statuses = {
            row["order_id"]: row["status"]
            for row in await self.rows("order", "SELECT order_id, status FROM order_views")
        }
        faults, committed = [], set()
        for row in await self.rows("product", "SELECT DISTINCT order_id, state FROM reservations"):
            status = statuses.get(row["order_id"])
            if row["state"] == "committed":
                committed.add(row["order_id"])
            if row["state"] == "committed" and status not in BOUGHT:
                faults.append(f"order {row['order_id']} is {status}, but its stock is sold")
            if row["state"] == "held" and status != "reserved":
                faults.append(f"order {row['order_id']} is {status}, but stock is still held for it")
        faults += [
            f"order {order_id} is {status}, but its stock was never committed"
            for order_id, status in statuses.items()
            if status in BOUGHT and order_id not in committed
        ]
        return faults
