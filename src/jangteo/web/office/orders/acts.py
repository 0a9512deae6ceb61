"""What staff do with an order: cancel it, give money back, hand parcels over, note the delivery, see the address.

Each form names the version of the order that was looked at; where that has changed, both versions are shown.
"""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.mall import Nothing
from jangteo.web.office.orders.answers import Address
from jangteo.web.office.orders.order_page import MANAGE, REFUND, SHIP, UNMASK, order_page
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

# An answer that comes soon is waited for, so that the next page shows what came of it.
WAIT = {"Prefer": "wait=5"}
MOST_LINES = 100
CHANGED = "order.changed"


@post("/office/orders/{order_id:uuid}/cancellation", include_in_schema=False)
async def cancel(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Cancel an order as a whole."""
    visit.require(MANAGE)
    form, path = visit.form, f"/v1/orders/{order_id}/cancellation"
    try:
        body = {"reason": form.text("cancel_reason")}
        await visit.mall.post(path, body, Nothing, once=form.once, headers=WAIT | _version(form))
    except Problem as problem:
        return await _refused(visit, order_id, "cancel", problem, cancel_reason="reason")
    visit.flash("good", visit.t("office_orders.said.cancelled"))
    return visit.redirect(f"/office/orders/{order_id}")


@post("/office/orders/{order_id:uuid}/refunds", include_in_schema=False)
async def refund(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Give back pieces and the fee, or an amount."""
    visit.require(REFUND)
    form, path = visit.form, f"/v1/orders/{order_id}/refunds"
    body, names = _wanted(form)
    try:
        await visit.mall.post(path, body, Nothing, once=form.once, headers=WAIT | _version(form))
    except Problem as problem:
        return await _refused(visit, order_id, "refund", problem, refund_reason="reason", **names)
    visit.flash("good", visit.t("office_orders.said.refunded"))
    return visit.redirect(f"/office/orders/{order_id}")


@post("/office/orders/{order_id:uuid}/parcels", include_in_schema=False)
async def hand_over(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Record a parcel that was handed over."""
    visit.require(SHIP)
    form = visit.form
    lines, names = _pieces(form, "send")
    body = {"courier": form.text("courier"), "tracking_number": form.text("tracking_number"), "lines": lines}
    try:
        await visit.mall.post(f"/v1/shipments/{_shipment(form)}/parcels", body, Nothing)
    except Problem as problem:
        return await _refused(visit, order_id, "parcel", problem, **names)
    visit.flash("good", visit.t("office_orders.said.sent"))
    return visit.redirect(f"/office/orders/{order_id}")


@post("/office/orders/{order_id:uuid}/delivery", include_in_schema=False)
async def note_delivery(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Record that all parcels arrived."""
    visit.require(SHIP)
    try:
        await visit.mall.post(f"/v1/shipments/{_shipment(visit.form)}/delivery", {}, Nothing)
    except Problem as problem:
        return await _refused(visit, order_id, "parcel", problem)
    visit.flash("good", visit.t("office_orders.said.delivered"))
    return visit.redirect(f"/office/orders/{order_id}")


@post("/office/orders/{order_id:uuid}/address", include_in_schema=False)
async def disclose(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Show where an order goes, unmasked, once: it is in no session and no address."""
    visit.require(UNMASK)
    body = {"reason": visit.form.text("disclosure_reason")}
    try:
        address = await visit.mall.post(f"/v1/orders/{order_id}/address-disclosure", body, Address)
    except Problem as problem:
        return await _refused(visit, order_id, "disclosure", problem, disclosure_reason="reason")
    return await order_page(visit, order_id, address=address)


async def _refused(visit: Visit, order_id: UUID, name: str, problem: Problem, **fields: str) -> Response[bytes]:
    """Answer with the page again, what was typed kept and what is wrong with it told. Raises what is no refusal."""
    if problem.status not in (409, 422):
        raise problem
    visit.form.refuse(problem, **fields)
    is_stale = problem.code == CHANGED
    return await order_page(visit, order_id, status=problem.status, refused=(name, visit.form), is_stale=is_stale)


def _wanted(form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the refund that a form asks for, and which of its fields is which of the API's."""
    body: dict[str, Any] = {"reason": form.text("refund_reason")}
    if form.text("mode") == "amount":
        return body | {"amount": _count(form, "amount")}, {}
    lines, names = _pieces(form, "back")
    body |= {"lines": lines, "restock": form.flag("restock")}
    return body | {"shipping_fee": _count(form, "shipping_fee")}, names


def _pieces(form: Form, name: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the lines of which pieces are chosen, and which field of the form each one is."""
    lines: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for place in range(MOST_LINES):
        sku, field = form.text(f"{name}_sku_{place}"), f"{name}_{place}"
        if sku and form.text(field) not in ("", "0"):
            names[field] = f"lines[{len(lines)}].quantity"
            lines.append({"sku": sku, "quantity": _count(form, field)})
    return lines, names


def _count(form: Form, name: str) -> int | str:
    """Return a number; what is none goes to the API as it is, which says what is wrong with it."""
    number = form.number(name)
    return number if number is not None else form.text(name) or 0


def _version(form: Form) -> dict[str, str]:
    version = form.number("version")
    return {} if version is None else {"If-Match": f'"{version}"'}


def _shipment(form: Form) -> str:
    """Return the shipment that a form names; what is no id leads nowhere."""
    try:
        return str(UUID(form.text("shipment")))
    except ValueError:
        return str(UUID(int=0))


ROUTES = [cancel, refund, hand_over, note_delivery, disclose]
