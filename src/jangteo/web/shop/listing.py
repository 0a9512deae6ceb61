"""Lists of products: a category's, a search's, and what may be meant by what is being typed."""

from collections.abc import Sequence

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from jangteo.web.chrome import Category, departments
from jangteo.web.given import Asked, VisitOf
from jangteo.web.problem import NotThere, Problem
from jangteo.web.shop.cards import Card, Cards
from jangteo.web.shop.choosing import Choice
from jangteo.web.visit import Visit

SIZE = 24
RESULTS, MORE = "results", "more"


class Count(msgspec.Struct, frozen=True):
    """How many products there are of one value."""

    code: str
    name: str
    count: int


class Band(msgspec.Struct, frozen=True):
    """How many products cost from `min_price` up to, but not, `below`."""

    min_price: int
    below: int | None
    count: int


class Attribute(msgspec.Struct, frozen=True):
    """The counts of an option or attribute."""

    code: str
    name: str
    values: tuple[Count, ...]


class Facets(msgspec.Struct, frozen=True):
    """The counts beside a list."""

    categories: tuple[Count, ...] = ()
    brands: tuple[Count, ...] = ()
    prices: tuple[Band, ...] = ()
    attributes: tuple[Attribute, ...] = ()


class Found(Cards, frozen=True, kw_only=True):
    """A page of a list, with its facets; of a search, also how it was found."""

    facets: Facets | None = None
    how: str = "exact"
    corrected_to: str | None = None
    suggestions: tuple[str, ...] = ()


class Suggestions(msgspec.Struct, frozen=True):
    """How what is being typed may go on, and products that fit already."""

    words: tuple[str, ...] = ()
    products: tuple[Card, ...] = ()


@get("/categories", include_in_schema=False)
async def all_categories(visit: VisitOf) -> Response[bytes]:
    """Show all categories."""
    return await visit.page("shop/categories.html", tree=await departments(visit.mall))


@get("/categories/{slug:str}", include_in_schema=False)
async def category(slug: FromPath[str], visit: VisitOf, request: Asked) -> Response[bytes]:
    """Show a category."""
    way = _way_to(slug, await departments(visit.mall))
    if not way:
        raise NotThere()
    choice = Choice.read(visit.path, visit.query, slug)
    return await _listed(visit, request, choice, "shop/category.html", here=way[-1], way=way[:-1])


@get("/search", include_in_schema=False)
async def search(visit: VisitOf, request: Asked) -> Response[bytes]:
    """Show what was found; without words, everything."""
    return await _listed(visit, request, Choice.read("/search", visit.query), "shop/search.html", here=None, way=())


@get("/search/suggestions", include_in_schema=False)
async def suggest(visit: VisitOf, q: FromQuery[str] = "") -> Response[bytes]:
    """Complete what is being typed, as a part of a page."""
    words = q.strip()[:100]
    found = Suggestions()
    if words:
        try:
            found = await visit.mall.window("/v1/search/suggestions", Suggestions, seconds=10, q=words, size=6)
        except Problem:
            found = Suggestions()  # nobody is told of an error while typing
    return await visit.page("parts/suggestions.html", block="suggestions", found=found)


async def _listed(
    visit: Visit,
    request: Asked,
    choice: Choice,
    template: str,
    *,
    here: Category | None,
    way: Sequence[Category],
) -> Response[bytes]:
    found, fault = await _found(visit, choice)
    wanted = request.headers.get("hx-target", "") if visit.is_htmx else ""
    block = wanted if wanted in (RESULTS, MORE) else ""
    chips = _chips(choice, found.facets or Facets())
    return await visit.page(
        template, block=block, here=here, way=way, choice=choice, found=found, chips=chips, words=choice.q, fault=fault
    )


async def _found(visit: Visit, choice: Choice) -> tuple[Found, str]:
    """Return what is listed, and what is wrong with the prices: nothing fits those, but its filters stay in reach."""
    path = "/v1/search" if choice.q else "/v1/products"
    try:
        return await visit.mall.window(path, Found, size=SIZE, facets=True, **choice.query()), ""
    except Problem as problem:
        if fault := problem.errors.get("min_price", ""):
            anywhere = {**choice.query(), "cursor": "", "min_price": None, "max_price": None}
            found = await visit.mall.window(path, Found, size=1, facets=True, **anywhere)
            return msgspec.structs.replace(found, items=(), total=0, next_cursor=None), fault
        if problem.status not in (400, 422) or not choice.cursor:
            raise
        # A cursor that does not hold any more: the list from its start.
        again = {**choice.query(), "cursor": ""}
        return await visit.mall.window(path, Found, size=SIZE, facets=True, **again), ""


def _way_to(slug: str, tree: Sequence[Category]) -> tuple[Category, ...]:
    """Return the category and those that it is inside of, the outermost first; nothing where there is none."""
    for one in tree:
        if one.slug == slug:
            return (one,)
        if inside := _way_to(slug, one.children):
            return (one, *inside)
    return ()


def _chips(choice: Choice, facets: Facets) -> list[tuple[str, str]]:
    """Return (what the list is narrowed to, the address without it)."""
    brands = {one.code: one.name for one in facets.brands}
    values = {f"{one.code}:{value.code}": value.name for one in facets.attributes for value in one.values}
    chips = [(brands.get(one, one), choice.without("brands", one)) for one in choice.brands]
    chips += [(values.get(one, one.partition(":")[2]), choice.without("filters", one)) for one in choice.filters]
    return chips


ROUTES = [all_categories, category, search, suggest]
