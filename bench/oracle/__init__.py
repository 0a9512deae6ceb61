"""The oracle: reads every store of the mall, past its services, and says whether orders, money and stock agree."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench.oracle import mails, money, parcels, stock
from bench.oracle.statuses import BOUGHT, OVER, STABLE
from bench.oracle.stores import Stores

STORES = ("order", "payment", "product", "shipping", "user")
_RESTLESS_PAYMENTS = """
SELECT state FROM payments WHERE state IN ('authorising', 'authorisation_unknown', 'capturing',
    'capture_unknown', 'voiding')
UNION ALL SELECT 'cancelling' FROM orders WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL LIMIT 5
"""
_RESTLESS_SHIPMENTS = """
SELECT id, state FROM shipments
WHERE state IN ('requested', 'created', 'dispatched', 'cancelling') AND carrier <> 'hand' LIMIT 5
"""


@dataclass(frozen=True)
class Stock:
    """The pieces of one SKU, by where they are."""

    on_hand: int
    reserved: int
    sold: int


class Oracle(Stores):
    """Says whether the stores of one mall agree; it only reads."""

    async def settled(self, seconds: float = 90.0, *, to_the_end: bool = False) -> None:
        """Return when nothing is under way any more. Raises AssertionError with what is, after `seconds`.

        `to_the_end` waits for the carrier, the mails and the buyers as well: until every order is over.
        """
        deadline, quiet = time.monotonic() + seconds, 0
        while quiet < 2:
            restless = await self._restless() or (to_the_end and await self._unfinished())
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
        working = await self.rows("payment", _RESTLESS_PAYMENTS)
        if working:
            found["payments"] = [row["state"] for row in working]
        uncommitted = await self._uncommitted()
        if uncommitted:
            found["paid, but the stock is not committed"] = uncommitted
        return found

    async def _unfinished(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        sql = "SELECT order_id, status FROM order_views WHERE NOT status = ANY($1) LIMIT 5"
        if waiting := await self.rows("order", sql, list(OVER)):
            found["orders"] = [(str(row["order_id"]), row["status"]) for row in waiting]
        if moving := await self.rows("shipping", _RESTLESS_SHIPMENTS):
            found["shipments"] = [(str(row["id"]), row["state"]) for row in moving]
        sql = "SELECT template, attempts, last_error FROM notifications WHERE status = 'pending' LIMIT 5"
        if unsent := await self.rows("notification", sql):
            found["mails"] = [tuple(row) for row in unsent]
        if unhandled := await self.undelivered():
            found["messages"] = unhandled
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
        _raise([*await money.faults(self), *await stock.faults(self)])

    async def incomplete(self) -> list[str]:
        """Return what is wrong, once every order is over, with holds, parcels, mails and messages put aside."""
        return [
            *await money.holds(self),
            *await parcels.faults(self),
            *await mails.faults(self),
            *(f"parked, for {message}" for message in await self.parked()),
        ]

    async def assert_complete(self) -> None:
        """Raise AssertionError unless every order that is over has left nothing open and nobody untold."""
        _raise(await self.incomplete())


def _raise(faults: list[str]) -> None:
    if faults:
        raise AssertionError(f"{len(faults)} faults:\n" + "\n".join(faults[:20]))
