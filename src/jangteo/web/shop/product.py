"""A product: pictures, options with price and stock, when it comes and what that costs, and what goes with it."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from jangteo.web.given import Asked, VisitOf
from jangteo.web.mall import CART, segment
from jangteo.web.problem import Problem
from jangteo.web.shop.cards import Card, Named
from jangteo.web.shop.options import OptionView, Selection
from jangteo.web.shop.product_data import described
from jangteo.web.visit import Visit

MAINLAND = "04524"  # stands for wherever no surcharge is due; the page says so
QUOTE_SECONDS, RELATED_SECONDS = 60.0, 300.0
MOST_AT_ONCE = 10  # in the list of quantities; the cart takes more
BUY = "buy"


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be put into a cart."""

    sku: str
    choice: Mapping[str, str]
    option: str
    price: int
    list_price: int | None = None
    weight_grams: int = 0
    level: str
    available: bool


class Option(msgspec.Struct, frozen=True):
    """Something to choose, and from what."""

    code: str
    name: str
    values: tuple[Named, ...]


class Fact(msgspec.Struct, frozen=True):
    """A fact about a product."""

    code: str
    name: str
    value: str


class Picture(msgspec.Struct, frozen=True):
    """A picture and what it shows."""

    url: str
    alt: str


class Product(Card, frozen=True, kw_only=True):
    """A product on its own page."""

    description: str = ""
    breadcrumbs: tuple[Named, ...] = ()
    options: tuple[Option, ...] = ()
    variants: tuple[Variant, ...] = ()
    attributes: tuple[Fact, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tags: tuple[str, ...] = ()
    tax_free: bool = False
    max_per_order: int = 99


class Promise(msgspec.Struct, frozen=True):
    """When it comes if it is ordered before `order_by`."""

    order_by: datetime
    arrives_from: date
    arrives_until: date


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing it costs."""

    fee: int
    free_over: int
    free_over_missing: int = 0
    promise: Promise | None = None


class Related(msgspec.Struct, frozen=True):
    """Products that go with it."""

    items: tuple[Card, ...] = ()


class Wished(msgspec.Struct, frozen=True):
    """Whether it is on the visitor's list."""

    wished: bool = False


@get("/products/{slug:str}", include_in_schema=False)
async def show(slug: FromPath[str], visit: VisitOf, request: Asked) -> Response[bytes]:
    """Show a product; `?colour=black&size=m` is a choice of its options, so that every choice has an address."""
    product = await visit.mall.window(f"/v1/products/{segment(slug)}", Product)
    selection = Selection.of(product.options, product.variants, request.query_params)
    picked = selection.variant or _cheapest(product)
    quote, related, wished = await asyncio.gather(
        _quote(visit, picked), _related(visit, product), _is_wished(visit, product.id)
    )
    is_part = visit.is_htmx and request.headers.get("hx-target") == BUY
    return await visit.page(
        "shop/product.html",
        block=BUY if is_part else "",
        product=product,
        options=_options(visit, product, selection),
        picked=selection.variant,
        shown=picked,
        quantities=range(1, min(product.max_per_order, MOST_AT_ONCE) + 1),
        quote=quote,
        related=related,
        wished=wished,
        data=None if is_part else described(visit, product, picked),
    )


def _options(visit: Visit, product: Product, selection: Selection[Variant]) -> list[OptionView]:
    def address(chosen: Mapping[str, str]) -> str:
        return f"/products/{segment(product.slug)}" + (f"?{urlencode(chosen)}" if chosen else "")

    return selection.views(product.options, address)


def _cheapest(product: Product) -> Variant | None:
    return min(product.variants, key=lambda one: (not one.available, one.price), default=None)


async def _quote(visit: Visit, variant: Variant | None) -> Quote | None:
    """Return what delivery costs and promises; None while shipping does not answer: the page says less then."""
    if variant is None:
        return None
    asked: dict[str, Any] = {"zip": MAINLAND, "items_total": variant.price, "weight_grams": variant.weight_grams}
    try:
        return await visit.mall.reckoned("/v1/shipping/quotes", asked, Quote, seconds=QUOTE_SECONDS)
    except Problem:
        return None


async def _related(visit: Visit, product: Product) -> tuple[Card, ...]:
    try:
        path = f"/v1/products/{product.id}/related"
        return (await visit.mall.window(path, Related, seconds=RELATED_SECONDS)).items
    except Problem:
        return ()


async def _is_wished(visit: Visit, id: UUID) -> bool:
    """Return whether it is wished for; who has neither logged in nor kept anything is not asked about."""
    if visit.tokens is None and visit.session.read(CART, str) is None:
        return False
    try:
        return (await visit.mall.get(f"/v1/wishlist/{id}", Wished)).wished
    except Problem:
        return False


ROUTES = [show]
