"""The checkout on one page: where it goes, what it costs, and the order placed once, however often it is sent."""

import asyncio
import hashlib
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem
from jangteo.web.shop import delivery, paying
from jangteo.web.shop.addressing import address_of, prefilled, remember_address
from jangteo.web.shop.basket import Basket, basket
from jangteo.web.shop.delivery import MAINLAND, Address, Quoted
from jangteo.web.shop.ordered import PATH, Ordered
from jangteo.web.visit import Visit

PLACED = "placed"  # the part of the session with the last orders by the keys of their forms
MOST_PLACED = 20
WAIT_SECONDS = 5


class Wish(NamedTuple):
    """What is to be ordered: the ticked lines of the cart, or one thing past it; `once` is the order's key."""

    once: str
    cart: Basket | None = None
    sku: str = ""
    quantity: int = 0

    @property
    def body(self) -> dict[str, Any]:
        """Return it as the mall takes it."""
        return {"from_cart": True} if self.cart else {"lines": [{"sku": self.sku, "quantity": self.quantity}]}

    @property
    def path(self) -> str:
        """Return the address of its checkout."""
        return "/checkout" if self.cart else f"/checkout/{self.once}/{self.quantity}/{self.sku}"


@get("/checkout", include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show the checkout of the cart."""
    return await _show(visit, await _of_cart(visit))


@get("/checkout/{once:str}/{quantity:int}/{sku:str}", include_in_schema=False)
async def show_one(visit: VisitOf, once: FromPath[str], quantity: FromPath[int], sku: FromPath[str]) -> Response[bytes]:
    """Show the checkout of one thing that is bought at once."""
    return await _show(visit, Wish(once[:64], None, sku, quantity))


@post("/checkout", include_in_schema=False)
async def send(visit: VisitOf) -> Response[bytes]:
    """Order what is ticked in the cart."""
    return await _send(visit, await _of_cart(visit))


@post("/checkout/{once:str}/{quantity:int}/{sku:str}", include_in_schema=False)
async def send_one(visit: VisitOf, once: FromPath[str], quantity: FromPath[int], sku: FromPath[str]) -> Response[bytes]:
    """Order one thing at once."""
    return await _send(visit, Wish(once[:64], None, sku, quantity))


async def _of_cart(visit: Visit) -> Wish:
    """Return the cart with a key of its own: the same in every tab, another one once the cart is another."""
    member = visit.require_member()
    cart = await basket(visit)
    placed = visit.session.read(PLACED, dict[str, str]) or {}
    for turn in range(MOST_PLACED):
        named = f"{member.id}:{cart.version}:{turn}".encode()
        once = hashlib.blake2b(named, key=visit.session.form_key(), digest_size=16).hexdigest()
        if not placed.get(once, "").startswith("-"):
            break
    return Wish(once, cart)


async def _show(visit: Visit, wish: Wish) -> Response[bytes]:
    visit.require_member()
    if (known := await _known(visit, wish)) is not None:
        return known
    if wish.cart is not None and not wish.cart.orderable:
        return visit.redirect("/cart")
    book = await delivery.addresses(visit)
    return await _page(visit, wish, book, prefilled(visit, book))


async def _send(visit: Visit, wish: Wish) -> Response[bytes]:
    visit.require_member()
    if (known := await _known(visit, wish)) is not None:
        return known
    form = visit.form
    if wish.cart is not None and not wish.cart.orderable:
        return visit.redirect("/cart")
    book = await delivery.addresses(visit)
    if form.flag("reprice"):
        return await _page(visit, wish, book, form, block="summary" if visit.is_htmx else "")
    address = address_of(visit, form, book)
    if form.is_wrong:
        return await _page(visit, wish, book, form, status=422)
    try:
        order = await _placed(visit, wish, address)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        if problem.code == "idempotency_key.reused":
            # Another tab has sent the same page with another address.
            visit.flash("note", visit.t("buy.checkout.other_tab"))
            return visit.redirect(PATH)
        form.refuse(problem, phone="address.phone", zip="address.zip", recipient="address.recipient")
        return await _page(visit, wish, book, form, status=problem.status)
    await remember_address(visit, address)
    return await paying.go_on(visit, order, form.text("card_token"))


async def _placed(visit: Visit, wish: Wish, address: dict[str, str]) -> Ordered:
    """Place the order and note it under the form's key. Raises Problem."""
    expected = visit.form.number("expected_total")
    body = {**wish.body, "address": address, **({} if expected is None else {"expected_total": expected})}
    order = await visit.mall.post(
        "/v1/orders", body, Ordered, once=wish.once, headers={"Prefer": f"wait={WAIT_SECONDS}"}
    )
    _note(visit, wish.once, str(order.order_id))
    return order


def _note(visit: Visit, once: str, value: str) -> None:
    placed = visit.session.read(PLACED, dict[str, str]) or {}
    placed[once] = value
    visit.session.write(PLACED, dict(list(placed.items())[-MOST_PLACED:]))


async def _known(visit: Visit, wish: Wish) -> Response[bytes] | None:
    """Lead to the order that was placed by this very page; where nothing came of it, another may be placed."""
    order_id = (visit.session.read(PLACED, dict[str, str]) or {}).get(wish.once)
    if order_id is None:
        return None
    order = await visit.mall.get(f"/v1/orders/{order_id.removeprefix('-')}", Ordered)
    if order.has_ended:
        if wish.cart is None:
            return visit.redirect(order.path)
        _note(visit, wish.once, f"-{order_id}")
        return visit.redirect(wish.path)
    visit.flash("note", visit.t("buy.checkout.placed_already", number=order.order_number))
    return visit.redirect(f"{order.path}/pay" if order.can_be_paid else f"{order.path}/complete")


async def _page(
    visit: Visit, wish: Wish, book: tuple[Address, ...], form: Form, *, status: int = 200, block: str = ""
) -> Response[bytes]:
    zip_code = _zip(form, book)
    quote, methods = await asyncio.gather(_quote(visit, wish, zip_code or MAINLAND, form), paying.methods(visit))
    if quote is None:
        return visit.redirect("/cart")
    return await visit.page(
        "shop/checkout.html",
        status=status,
        block=block,
        frames=paying.origins(methods),
        posts_to=paying.origins(methods),
        headers={"cache-control": "no-store"},
        form=form,
        wish=wish,
        book=book,
        quote=quote,
        is_estimate=not zip_code,
        method=methods[0] if methods else None,
        origin=visit.origin,
    )


async def _quote(visit: Visit, wish: Wish, zip_code: str, form: Form) -> Quoted | None:
    """Return the price; where the lines cannot be bought any more, say why and return None."""
    try:
        return await delivery.quoted(visit, zip_code, wish.body)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        visit.flash("bad", problem.detail)
        return None


def _zip(form: Form, book: tuple[Address, ...]) -> str:
    chosen = next((one for one in book if str(one.id) == form.text("address")), None)
    typed = form.text("zip")
    if chosen is not None:
        return chosen.zip
    return typed if len(typed) == 5 and typed.isascii() and typed.isdigit() else ""


ROUTES = [show, show_one, send, send_one]
