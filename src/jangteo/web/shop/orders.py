"""My orders: the list by state, one order as it stands now, its parcel, cancelling it, and buying the same again."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, HeaderParameter
from litestar.response import Stream

from jangteo.web.given import VisitOf
from jangteo.web.live import follow
from jangteo.web.problem import Problem
from jangteo.web.shop import paying
from jangteo.web.shop.basket import Basket
from jangteo.web.shop.ordered import PATH, OrderLine, Orders, ask, detail
from jangteo.web.visit import Visit

# The tabs of the list, with the states that each shows.
TABS: dict[str, tuple[str, ...]] = {
    "all": (),
    "waiting": ("placed", "reserved", "authorised"),
    "paid": ("paid",),
    "shipped": ("shipped",),
    "delivered": ("delivered",),
    "cancelled": ("cancelling", "cancelled", "rejected"),
}
REASONS = ("changed_mind", "wrong_choice", "too_slow", "cheaper", "other")
WAIT_SECONDS = 5
# How far a purchase has come, for the row of steps.
_STEPS = {"placed": 0, "reserved": 0, "authorised": 0, "paid": 2, "shipped": 3, "delivered": 5}


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A tracking event of the carrier."""

    at: datetime
    label: str
    place: str


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/shipments/{id}."""

    id: UUID
    status_label: str
    carrier: str
    tracking_number: str | None
    tracking: tuple[Sighting, ...] = ()


class Parcels(msgspec.Struct, frozen=True):
    """GET /v1/shipments."""

    items: tuple[Parcel, ...]


@get(PATH, include_in_schema=False)
async def listed(visit: VisitOf, tab: FromQuery[str] = "all", cursor: FromQuery[str] = "") -> Response[bytes]:
    """Show my orders, the newest first."""
    visit.require_member()
    tab = tab if tab in TABS else "all"
    found = await visit.mall.get("/v1/orders", Orders, status=TABS[tab], cursor=cursor, size=10)
    return await visit.page("shop/orders.html", orders=found, tab=tab, tabs=list(TABS), is_first=not cursor)


@get(PATH + "/{order_id:uuid}", include_in_schema=False)
async def show(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Show an order; the part that changes alone, where the page asks for it again."""
    return await _page(visit, order_id, block="standing" if visit.is_htmx else "")


@get("/live/orders/{order_id:uuid}", include_in_schema=False)
async def live(
    visit: VisitOf,
    order_id: FromPath[UUID],
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Hand on what happens to an order, as it happens."""
    visit.require_member()
    return await follow(visit, f"/v1/orders/{order_id}/events", last_event_id or "")


@post(PATH + "/{order_id:uuid}/cancellation", include_in_schema=False)
async def cancel(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Cancel an order, for a reason in the buyer's own words."""
    visit.require_member()
    form = visit.form
    named = form.text("reason")
    words = [visit.t(f"buy.cancel.reasons.{named}")] if named in REASONS and named != "other" else []
    reason = " / ".join([*words, *filter(None, [form.text("words")])])[:200]
    if not reason:
        form.errors["reason"] = visit.t("buy.cancel.reason_needed")
        return await _page(visit, order_id, status=422)
    try:
        await ask(visit, order_id, "cancellation", {"reason": reason}, form.once, WAIT_SECONDS)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        form.refuse(problem)
        return await _page(visit, order_id, status=problem.status)
    visit.flash("good", visit.t("buy.cancel.done"))
    return visit.redirect(f"{PATH}/{order_id}")


@post(PATH + "/{order_id:uuid}/again", include_in_schema=False)
async def again(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Put what was ordered into the cart once more, and say what cannot be had."""
    order = await detail(visit, order_id)
    refused = [name for line in order.lines if (name := await _put(visit, line))]
    if refused:
        visit.flash("note", visit.t("buy.again.without", names=", ".join(refused)))
    if len(refused) < len(order.lines):
        visit.flash("good", visit.t("buy.again.done", count=len(order.lines) - len(refused)))
    return visit.redirect("/cart")


async def _put(visit: Visit, line: OrderLine) -> str:
    """Put a line into the cart; return its name where it cannot be had."""
    body = {"sku": line.sku, "quantity": min(line.quantity, 99)}
    try:
        await visit.mall.post("/v1/cart/lines", body, Basket, once=f"{visit.form.once}:{line.sku}")
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return line.name
    return ""


async def _page(visit: Visit, order_id: UUID, *, status: int = 200, block: str = "") -> Response[bytes]:
    order, parcels = await asyncio.gather(detail(visit, order_id), _parcels(visit, order_id))
    found = await paying.methods(visit) if order.must_be_confirmed else ()
    return await visit.page(
        "shop/order.html",
        status=status,
        block=block,
        order=order,
        parcels=parcels,
        step=_STEPS.get(order.status, 0),
        cancel_reasons=[(one, visit.t(f"buy.cancel.reasons.{one}")) for one in REASONS],
        form=visit.form,
        once=visit.once(),
        confirm_url=paying.confirmation(visit, order),
        posts_to=paying.origins(found),
        headers={"cache-control": "no-store"},
    )


async def _parcels(visit: Visit, order_id: UUID) -> list[Parcel]:
    """Return the parcels of an order with their tracking; none while shipping does not answer."""
    visit.require_member()
    try:
        found = await visit.mall.get("/v1/shipments", Parcels, order_id=order_id)
        return list(await asyncio.gather(*(visit.mall.get(f"/v1/shipments/{one.id}", Parcel) for one in found.items)))
    except Problem:
        return []


ROUTES = [listed, show, live, cancel, again]
