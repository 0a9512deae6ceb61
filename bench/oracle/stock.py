"""Whether the stock agrees: the counts, their ledger, the reservations, and the orders that these are for."""

from bench.oracle.statuses import BOUGHT
from bench.oracle.stores import Stores

# Each SKU's counts, what its ledger says of them, and what the reservations say: three records of one truth.
_STOCK_AND_LEDGER = """
SELECT i.sku, i.on_hand, i.reserved, i.sold, l.moved, l.held, l.gone, r.committed, r.promised
FROM stock_items i
JOIN (SELECT tenant, sku, sum(delta_on_hand) AS moved, sum(delta_reserved) AS held, sum(delta_sold) AS gone
      FROM stock_ledger GROUP BY tenant, sku) l USING (tenant, sku)
CROSS JOIN LATERAL (
      SELECT coalesce(sum(quantity) FILTER (WHERE state = 'committed'), 0) - (
                 SELECT coalesce(sum(quantity), 0) FROM stock_returns JOIN reservations USING (order_id)
                 WHERE stock_returns.tenant = i.tenant AND sku = i.sku AND state = 'committed') AS committed,
             coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS promised
      FROM reservation_lines JOIN reservations USING (order_id)
      WHERE reservation_lines.tenant = i.tenant AND reservation_lines.sku = i.sku) r
"""


async def faults(stores: Stores) -> list[str]:
    """Return what is wrong with the stock, in words."""
    faults = []
    for row in await stores.rows("product", _STOCK_AND_LEDGER):
        counts = (row["on_hand"], row["reserved"], row["sold"])
        if counts != (row["moved"], row["held"], row["gone"]):
            faults.append(f"stock of {row['sku']} differs from its ledger: {dict(row)}")
        if counts[2] != row["committed"] or counts[1] != row["promised"]:
            faults.append(f"stock of {row['sku']} differs from its reservations: {dict(row)}")
        if min(counts) < 0 or counts[1] > counts[0]:
            faults.append(f"stock of {row['sku']} cannot be: {dict(row)}")
    return faults + await _reservations(stores)


async def _reservations(stores: Stores) -> list[str]:
    statuses = {
        row["order_id"]: row["status"] for row in await stores.rows("order", "SELECT order_id, status FROM order_views")
    }
    faults, committed = [], set()
    for row in await stores.rows("product", "SELECT DISTINCT order_id, state FROM reservations"):
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
