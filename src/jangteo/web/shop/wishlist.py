"""What a visitor wants to remember: the list, and the heart on a product's page."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem
from jangteo.web.shop.cards import Named
from jangteo.web.visit import inside


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A wish beside what the shop shows of it now; what it shows no more has neither name nor price."""

    id: UUID
    state: str
    slug: str | None = None
    name: str | None = None
    brand: Named | None = None
    price: int | None = None
    list_price: int | None = None
    discount_percent: int = 0
    price_varies: bool = False
    picture: str | None = None
    level: str = "out"
    available: bool = False


class Wishlist(msgspec.Struct, frozen=True):
    """GET /v1/wishlist."""

    items: tuple[Wish, ...] = ()
    count: int = 0


class Wished(msgspec.Struct, frozen=True):
    """Whether a product is on the list."""

    product_id: UUID
    wished: bool


class Thing(msgspec.Struct, frozen=True):
    """What the heart needs to know of a product."""

    id: UUID


@get("/wishlist", include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show the list."""
    found = await visit.mall.get("/v1/wishlist", Wishlist)
    return await visit.page("shop/wishlist.html", wishes=found.items)


@post("/wishlist/{product_id:uuid}", include_in_schema=False)
async def wish(product_id: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Put a product on the list, or take it off; htmx gets the heart back, anybody else the page it stood on."""
    path = f"/v1/wishlist/{product_id}"
    try:
        if visit.form.flag("wished") and visit.form.text("wished"):
            told = await visit.mall.put(path, {}, Wished)
        else:
            told = await visit.mall.delete(path, Wished) or Wished(product_id, False)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        visit.flash("bad", problem.detail)
        return visit.redirect(inside(visit.form.text("back"), "/wishlist"))
    if visit.is_htmx and visit.form.text("part") != "list":
        return await visit.page("parts/wish.html", block="wish", product=Thing(product_id), wished=told.wished)
    return visit.redirect(inside(visit.form.text("back"), "/wishlist"))


ROUTES = [show, wish]
