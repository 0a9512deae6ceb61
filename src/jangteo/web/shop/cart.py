"""The cart's page: what is in it now, what has changed since it was put in, and the way to the checkout."""

from litestar import Response, get, post

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem
from jangteo.web.shop.basket import Basket, Line, basket, estimate, remove, set_lines
from jangteo.web.shop.merging import bring_along
from jangteo.web.visit import Visit, inside

QUANTITY, TICKED = "quantity:", "ticked:"


@get("/cart", include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show the cart."""
    if visit.member is not None:
        await bring_along(visit)
    return await _page(visit)


@post("/cart", include_in_schema=False)
async def change(visit: VisitOf) -> Response[bytes]:
    """Set quantities and ticks, or take lines out; then show the cart again, or go on to the checkout."""
    cart = await basket(visit)
    message = await _apply(visit, cart)
    if visit.is_htmx:
        return await _page(visit, message=message, block="cart")
    if message:
        return await _page(visit, message=message, status=409)
    return visit.redirect("/checkout" if visit.form.flag("checkout") else "/cart")


@post("/cart/lines", include_in_schema=False)
async def add(visit: VisitOf) -> Response[bytes]:
    """Put something into the cart, and go back to where it was seen; or buy it at once, past the cart."""
    form = visit.form
    sku, quantity = form.text("sku"), max(1, form.number("quantity") or 1)
    if form.flag("buy_now"):
        return visit.redirect(f"/checkout/{visit.once()}/{quantity}/{sku}" if _is_sku(sku) else "/cart")
    back = inside(form.text("back"), "/cart")
    try:
        await visit.mall.post("/v1/cart/lines", {"sku": sku, "quantity": quantity}, Basket, once=form.once)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        visit.flash("bad", problem.detail)
        return visit.redirect(back)
    visit.flash("good", visit.t("buy.cart.added"))
    return visit.redirect(back)


async def _apply(visit: Visit, cart: Basket) -> str:
    """Do what the form says; return why it could not be done, for a tab that shows an older cart, say."""
    form = visit.form
    try:
        if sku := form.text("remove"):
            await remove(visit, [sku])
        elif form.flag("remove_unfit"):
            await remove(visit, [line.sku for line in cart.unfit if not (line.is_short and line.most)])
            await set_lines(visit, await basket(visit), {line.sku: (line.most, True) for line in cart.unfit})
        elif form.number("version") != cart.version:
            return visit.t("buy.cart.stale")
        else:
            await set_lines(visit, cart, {line.sku: _wanted(form, line) for line in cart.lines})
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return problem.detail
    return ""


def _wanted(form: Form, line: Line) -> tuple[int, bool]:
    return form.number(QUANTITY + line.sku) or line.quantity, form.flag(TICKED + line.sku)


async def _page(visit: Visit, *, message: str = "", status: int = 200, block: str = "") -> Response[bytes]:
    cart = await basket(visit)
    return await visit.page(
        "shop/cart.html",
        status=status,
        block=block,
        cart=cart,
        estimate=await estimate(visit, cart),
        message=message,
        headers={"cache-control": "no-store"},
    )


def _is_sku(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").replace(".", "").isalnum()


ROUTES = [show, change, add]
