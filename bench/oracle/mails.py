"""Whether every buyer was told of every step of an order, once each, and of none that was not made."""

from collections import Counter, defaultdict
from uuid import UUID

from bench.oracle.statuses import BOUGHT
from bench.oracle.stores import Stores

# Told once for an order that ended so; `order.payment_failed` may come any number of times.
_TOLD_BY = {
    "order.shipped": ("shipped", "delivered"),
    "order.delivered": ("delivered",),
    "order.rejected": ("rejected",),
    "order.cancelled": ("cancelled",),
}


async def faults(stores: Stores) -> list[str]:
    """Return what is wrong with the mails about orders, in words."""
    told, found = defaultdict[UUID, Counter[str]](Counter), []
    mails = Counter(name.strip("<>").partition("@")[0] for name in stores.mails())
    sql = "SELECT id, order_id, template, status FROM notifications WHERE order_id IS NOT NULL"
    for row in await stores.rows("notification", sql):
        told[row["order_id"]][row["template"]] += 1
        copies = mails.pop(str(row["id"]), 0)
        if (row["status"], copies) != ("sent", 1):
            found.append(f"order {row['order_id']}: {row['template']} is {row['status']}, {copies} mails were got")
    for row in await stores.rows("order", "SELECT order_id, status FROM order_views"):
        found += _of_order(row["order_id"], row["status"], told.pop(row["order_id"], Counter()))
    return found + [f"order {order_id} is unknown, and mails tell of it" for order_id in told]


def _of_order(order_id: UUID, status: str, told: Counter[str]) -> list[str]:
    due = {template: int(status in statuses) for template, statuses in _TOLD_BY.items()} | {"order.placed": 1}
    if status in BOUGHT:
        due["order.paid"] = 1
    found = [
        f"order {order_id} is {status}: told {told[template]} times of {template}"
        for template, count in due.items()
        if told[template] != count
    ]
    return found + ([f"order {order_id}: told twice of order.paid"] if told["order.paid"] > 1 else [])
