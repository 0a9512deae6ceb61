"""Whether the books agree: what is due, what we say was taken, what the provider keeps, and the ledger."""

from typing import Any
from uuid import UUID

import msgspec

from bench.oracle.statuses import BOUGHT, OVER
from bench.oracle.stores import Stores

_LEDGER = """
SELECT id, captured - refunded AS kept,
    coalesce(sum(CASE kind WHEN 'capture' THEN m.amount ELSE -m.amount END), 0) AS booked
FROM payments LEFT JOIN ledger_movements m ON m.payment_id = payments.id GROUP BY id
"""


async def faults(stores: Stores) -> list[str]:
    """Return what is wrong with the money, in words."""
    faults = []
    orders = {row["order_id"]: row for row in await stores.rows("order", "SELECT * FROM order_views")}
    payments = await stores.rows("payment", "SELECT id, order_id, captured, refunded FROM payments")
    kept_at_provider = dict.fromkeys(orders, 0)
    kept_by_reference: dict[str, int] = {}
    charged: dict[UUID, int] = {}
    for reference, kept in stores.provider_payments():
        kept_by_reference[reference] = kept_by_reference.get(reference, 0) + kept
    for payment in payments:
        ours, theirs = payment["captured"] - payment["refunded"], kept_by_reference.pop(str(payment["id"]), 0)
        if ours != theirs:
            faults.append(f"payment {payment['id']}: we say {ours}, the provider keeps {theirs}")
        charged[payment["order_id"]] = charged.get(payment["order_id"], 0) + (theirs > 0)
        kept_at_provider[payment["order_id"]] = kept_at_provider.get(payment["order_id"], 0) + theirs
    faults += [f"the provider keeps {kept} of {ref}, unknown here" for ref, kept in kept_by_reference.items() if kept]
    for order_id, kept in kept_at_provider.items():
        order = orders.get(order_id)
        due = _kept(order) if order is not None and order["status"] in BOUGHT else 0
        if kept != due:
            status = order["status"] if order is not None else "unknown"
            faults.append(f"order {order_id} is {status}: {kept} is charged, {due} is due")
    faults += [f"order {order_id} is charged {count} times" for order_id, count in charged.items() if count > 1]
    balance = await stores.rows("payment", "SELECT coalesce(sum(amount), 0) AS sum FROM ledger_entries")
    if balance[0]["sum"] != 0:
        faults.append(f"the ledger is off balance by {balance[0]['sum']}")
    for row in await stores.rows("payment", _LEDGER):
        if row["booked"] != row["kept"]:
            faults.append(f"payment {row['id']}: the ledger says {row['booked']}, the payment {row['kept']}")
    return faults


def _kept(order: Any) -> int:
    """Return what an order that goes on has brought in, what staff gave back taken off."""
    refunded: int = msgspec.json.decode(order["body"])["refunded"]
    return int(order["total"]) - refunded


async def holds(stores: Stores) -> list[str]:
    """Return where the provider holds money for an order that is over, or for one that is nobody's."""
    rows = await stores.rows("order", "SELECT order_id, status FROM order_views")
    statuses = {row["order_id"]: row["status"] for row in rows}
    orders = {
        str(row["id"]): row["order_id"] for row in await stores.rows("payment", "SELECT id, order_id FROM payments")
    }
    return [
        f"order {orders.get(reference)} is {statuses.get(orders.get(reference))}, but money is still held for it"
        for reference in stores.provider_holds()
        if statuses.get(orders.get(reference)) in (None, *OVER)
    ]
