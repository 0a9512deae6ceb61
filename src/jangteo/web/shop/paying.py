"""Paying for an order: with the token of a card typed into the provider's frame, or on the provider's own page.

A card number never comes here. Without a script the buyer is sent to the provider's page and comes back with a token.
"""

import asyncio
import secrets
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem
from jangteo.web.shop.basket import look_again
from jangteo.web.shop.ordered import PATH, UNDECIDED, Ordered, ask, detail
from jangteo.web.visit import HTML, Visit

EXPECTED = "expected_payments"  # the part of the session with what the provider's pages were opened for
MOST_EXPECTED = 10
WAIT_SECONDS = 8
LOOKS, LOOK_SECONDS = 12, 0.5
# Another tab was quicker, or the order is past paying: its own page says how it stands.
_PAST = ("order.not_awaiting_payment", "order.payment_in_progress", "order.payment_window_over")


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay; `form_url` is the provider's form for a frame."""

    provider: str
    kind: str
    form_url: str
    test_mode: bool
    available: bool


class Methods(msgspec.Struct, frozen=True):
    """GET /v1/payment-methods."""

    items: tuple[Method, ...]


class Page(msgspec.Struct, frozen=True):
    """POST /v1/payment-pages."""

    url: str


@get(PATH + "/{order_id:uuid}/pay", include_in_schema=False)
async def show(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Show how to pay an order that awaits it: the first time, or after a card was declined."""
    order = await detail(visit, order_id)
    if not order.can_be_paid:
        return visit.redirect(f"{order.path}/complete")
    return await page(visit, order)


@post(PATH + "/{order_id:uuid}/pay", include_in_schema=False)
async def send(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Pay with the token of the frame, or go to the provider's page."""
    order = await detail(visit, order_id)
    if not order.can_be_paid:
        return visit.redirect(f"{order.path}/complete")
    return await go_on(visit, order, visit.form.text("card_token"))


@get(PATH + "/{order_id:uuid}/paid", include_in_schema=False)
async def come_back(
    visit: VisitOf,
    order_id: FromPath[UUID],
    proof: FromQuery[str] = "",
    status: FromQuery[str] = "",
    token: FromQuery[str] = "",
) -> Response[bytes]:
    """Take the token that the provider's page gave; reloaded, it is the same attempt."""
    visit.require_member()
    expected = visit.session.read(EXPECTED, dict[str, str]) or {}
    if expected.get(proof) != str(order_id):
        visit.flash("bad", visit.t("buy.pay.strange"))
        return visit.redirect(f"{PATH}/{order_id}")
    if status != "completed" or not token:
        visit.flash("note", visit.t("buy.pay.left"))
        return visit.redirect(f"{PATH}/{order_id}/pay")
    return await pay(visit, order_id, "", token)


@get(PATH + "/{order_id:uuid}/confirmed", include_in_schema=False)
async def confirmed(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Come back from the card issuer's page; its word may arrive a moment later than the buyer."""
    order = await detail(visit, order_id)
    for _ in range(LOOKS):
        if order.payment.stage not in UNDECIDED:
            break
        await asyncio.sleep(LOOK_SECONDS)
        order = await detail(visit, order_id)
    return _lead_on(visit, order)


@get(PATH + "/{order_id:uuid}/complete", include_in_schema=False)
async def complete(visit: VisitOf, order_id: FromPath[UUID]) -> Response[bytes]:
    """Say that the order is placed and paid, or what it still waits for."""
    order = await detail(visit, order_id)
    if order.can_be_paid or order.has_ended:
        return visit.redirect(f"{order.path}/pay" if order.can_be_paid else order.path)
    found = await methods(visit) if order.must_be_confirmed else ()
    if order.is_paid:
        await look_again(visit)  # what was paid has left the cart
    return await visit.page(
        "shop/complete.html",
        order=order,
        confirm_url=confirmation(visit, order),
        posts_to=origins(found),
        headers={"cache-control": "no-store"},
    )


async def go_on(visit: Visit, order: Ordered, token: str) -> Response[bytes]:
    """Pay an order with `token`, or without one lead to the provider's page. Raises Problem."""
    if order.has_ended:
        return visit.redirect(order.path)
    method = next((one for one in await methods(visit) if one.available), None)
    if method is None:
        visit.flash("bad", visit.t("buy.pay.unavailable"))
        return visit.redirect(f"{order.path}/pay")
    if token:
        return await pay(visit, order.order_id, method.provider, token)
    proof = secrets.token_urlsafe(16)
    expected = visit.session.read(EXPECTED, dict[str, str]) or {}
    kept = list(expected.items())[1 - MOST_EXPECTED :]
    visit.session.write(EXPECTED, {**dict(kept), proof: str(order.order_id)})
    asked = {
        "provider": method.provider,
        "reference": order.order_number,
        "amount": order.total,
        "return_url": f"{visit.origin}{order.path}/paid?{urlencode({'proof': proof})}",
    }
    opened = await visit.mall.post("/v1/payment-pages", asked, Page)
    return _away(opened.url)


async def pay(visit: Visit, order_id: UUID, provider: str, token: str) -> Response[bytes]:
    """Make an attempt to pay and lead on to what has come of it. Raises Problem."""
    if not provider:
        provider = next((one.provider for one in await methods(visit)), "")
    try:
        order = await ask(visit, order_id, "payments", {"provider": provider, "token": token}, token, WAIT_SECONDS)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        if problem.code not in _PAST:
            visit.flash("bad", problem.detail)
        return visit.redirect(f"{PATH}/{order_id}/complete")
    return _lead_on(visit, order)


def _lead_on(visit: Visit, order: Ordered) -> Response[bytes]:
    if order.must_be_confirmed and not visit.path.endswith("/confirmed"):
        return _away(confirmation(visit, order))
    if order.payment.stage == "declined" and order.can_be_paid:
        return visit.redirect(f"{order.path}/pay")
    return visit.redirect(order.path if order.has_ended else f"{order.path}/complete")


async def page(visit: Visit, order: Ordered, status: int = 200) -> Response[bytes]:
    """Answer with the page on which an order is paid."""
    found = await methods(visit)
    return await visit.page(
        "shop/pay.html",
        status=status,
        order=order,
        method=found[0] if found else None,
        origin=visit.origin,
        frames=origins(found),
        posts_to=origins(found),
        headers={"cache-control": "no-store"},
    )


async def methods(visit: Visit) -> Sequence[Method]:
    """Return the ways to pay; none while nobody says."""
    try:
        return (await visit.mall.window("/v1/payment-methods", Methods, seconds=5.0)).items
    except Problem:
        return ()


def origins(found: Sequence[Method]) -> str:
    """Return where the providers' forms are, as sources of a policy."""
    parts = [urlsplit(one.form_url) for one in found]
    return " ".join(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def confirmation(visit: Visit, order: Ordered) -> str:
    """Return the address of the card issuer's page, with the way back; empty where nothing is to be confirmed."""
    if not order.must_be_confirmed:
        return ""
    back = urlencode({"return_url": f"{visit.origin}{order.path}/confirmed", "lang": visit.language})
    return f"{order.payment.url}{'&' if '?' in order.payment.url else '?'}{back}"


def _away(url: str) -> Response[bytes]:
    headers = {"location": url, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(b"", status_code=303, media_type=HTML, headers=headers)


ROUTES = [show, send, come_back, confirmed, complete]
