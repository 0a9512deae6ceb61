"""Whether what was bought is sent, once, with the right things in it, and nothing else is."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from bench.oracle.statuses import BOUGHT
from bench.oracle.stores import Stores

_HAND = "hand"
_CALLED_OFF = ("cancelled",)


async def faults(stores: Stores) -> list[str]:
    """Return what is wrong with shipments and parcels, in words."""
    statuses = await _statuses(stores)
    shipments = {row["order_id"]: row for row in await stores.rows("shipping", "SELECT * FROM shipments")}
    parcels = Counter(reference for reference, _ in stores.parcels())
    found = []
    for order_id, status in statuses.items():
        shipment = shipments.get(order_id)
        made = parcels.pop(str(shipment["id"]), 0) if shipment is not None else 0
        if shipment is not None and shipment["carrier"] == _HAND and made == 0 and status in BOUGHT:
            # Staff send it when they come to it; no carrier has been told.
            made = 1
        found += [f"order {order_id} is {status}: {fault}" for fault in _of_order(status, shipment, made)]
    found += [f"shipment of order {order_id}, unknown here" for order_id in shipments.keys() - statuses.keys()]
    found += [f"parcel of {reference}, unknown here" for reference in parcels]
    return found + await _contents(stores, statuses)


def _of_order(status: str, shipment: Any | None, parcels: int) -> list[str]:
    state = shipment["state"] if shipment is not None else "missing"
    if status in BOUGHT:
        found = [] if parcels == 1 else [f"{parcels} parcels are on their way"]
        if (state == "delivered") != (status == "delivered") or state in ("missing", *_CALLED_OFF):
            found.append(f"its shipment is {state}")
        return found
    found = [f"{parcels} parcels are on their way"] if parcels else []
    return found if state in ("missing", *_CALLED_OFF) else [*found, f"its shipment is {state}"]


async def _contents(stores: Stores, statuses: dict[UUID, str]) -> list[str]:
    """Compare what is in each shipment with what stock was sold to its order."""
    packed, sold = defaultdict[UUID, dict[str, int]](dict), defaultdict[UUID, dict[str, int]](dict)
    sql = "SELECT order_id, sku, quantity FROM shipment_lines JOIN shipments ON id = shipment_id"
    for row in await stores.rows("shipping", sql):
        packed[row["order_id"]][row["sku"]] = row["quantity"]
    for row in await stores.rows("product", "SELECT order_id, sku, quantity FROM reservation_lines"):
        sold[row["order_id"]][row["sku"]] = row["quantity"]
    return [
        f"order {order_id}: {packed[order_id]} is packed, {sold[order_id]} is sold"
        for order_id, status in statuses.items()
        if status in BOUGHT and packed[order_id] != sold[order_id]
    ]


async def _statuses(stores: Stores) -> dict[UUID, str]:
    rows = await stores.rows("order", "SELECT order_id, status FROM order_views")
    return {row["order_id"]: row["status"] for row in rows}
