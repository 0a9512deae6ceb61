"""One order: what was bought and paid, where it goes and has got to, and the forms of those who may do something."""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.orders.answers import (
    Address,
    Couriers,
    Happening,
    Order,
    Shipment,
    Shipments,
)
from jangteo.web.office.orders.listing import KINDS, READ
from jangteo.web.texts import money
from jangteo.web.visit import Visit

MANAGE, REFUND, SHIP, UNMASK = "orders.manage", "payments.refund", "shipments.manage", "members.unmask"
REFUND_KINDS = {"requested": "warn", "succeeded": "good", "failed": "bad"}
FORMS = ("cancel", "refund", "parcel", "disclosure")
COURIERS_SECONDS = 600.0


class Stale(NamedTuple):
    """What the sender of a form saw, beside what is so now: texts by what they are about, and what has happened."""

    rows: list[tuple[str, str, str]]
    since: list[Happening]


@get("/office/orders/{order_id:uuid}", include_in_schema=False)
async def order(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Show an order."""
    visit.require(READ, MANAGE)
    return await order_page(visit, order_id)


async def order_page(
    visit: Visit,
    order_id: UUID,
    *,
    status: int = 200,
    refused: tuple[str, Form] | None = None,
    is_stale: bool = False,
    address: Address | None = None,
) -> Response[bytes]:
    """Answer with the page of an order.

    `refused` is the name of a form that was sent in vain, and the form; `is_stale` where the order had changed under
    it. `address` is the unmasked one.
    """
    (shown, shipment), couriers = await asyncio.gather(
        _order_and_shipment(visit, order_id),
        visit.mall.window("/v1/shipping/couriers", Couriers, seconds=COURIERS_SECONDS),
    )
    may = {name: permission in visit.permissions for name, permission in _MAY.items()}
    return await office_page(
        visit,
        "office/order.html",
        area="orders",
        needs=(READ, MANAGE),
        status=status,
        order=shown,
        shipment=shipment,
        couriers=[(one.code, one.name) for one in couriers.items],
        digits={one.code: one.digits for one in couriers.items},
        forms={name: Form() for name in FORMS} | dict([refused] if refused else []),
        opened=refused[0] if refused else "",
        stale=_stale(visit, shown, refused[1]) if refused and is_stale else None,
        address=address or shown.address,
        is_unmasked=address is not None,
        kinds=KINDS,
        refund_kinds=REFUND_KINDS,
        may=may,
        once=visit.once(),
    )


_MAY = {"cancel": MANAGE, "refund": REFUND, "ship": SHIP, "unmask": UNMASK, "members": "members.read"}


async def _order_and_shipment(visit: Visit, order_id: UUID) -> tuple[Order, Shipment | None]:
    path = f"/v1/orders/{order_id}"
    if SHIP not in visit.permissions:
        return await visit.mall.get(path, Order), None
    order, found = await asyncio.gather(
        visit.mall.get(path, Order), visit.mall.get("/v1/shipments", Shipments, order_id=order_id)
    )
    if not found.items:
        return order, None
    return order, await visit.mall.get(f"/v1/shipments/{found.items[0].id}", Shipment)


def _stale(visit: Visit, order: Order, form: Form) -> Stale:
    """Return both versions, as far as somebody who decides has to know them."""
    t: Any = visit.t
    rows = [
        (t("office_orders.status"), form.text("seen_status"), order.status_label),
        (t("office_orders.refunded"), form.text("seen_refunded"), money(order.refunded, visit.language)),
        (t("office_orders.refundable"), form.text("seen_refundable"), money(order.refundable, visit.language)),
    ]
    seen = form.number("version") or 0
    return Stale(rows, [one for one in order.timeline if one.version > seen])


ROUTES = [order]
