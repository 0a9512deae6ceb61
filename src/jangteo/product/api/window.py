"""Routes of the shop window: categories, lists, products, search. Everything here may be cached by anybody."""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import BeforeRequestHookHandler, ControllerRouterHandler

from jangteo.kit.errors import Invalid
from jangteo.product import schemas
from jangteo.product.api.given import Caller, Cursor, Language, Listings, Showcase, Size, as_json
from jangteo.product.catalogue.listing import Answer
from jangteo.product.catalogue.showcase import Moved
from jangteo.product.domain.catalogue import MAX_PRICE
from jangteo.product.search.facets import Filters
from jangteo.product.search.finder import Request as Wanted
from jangteo.product.search.finder import Sort

FRESH = "public, max-age=10, stale-while-revalidate=30"
VARY = "Accept-Language"
MAX_CHOICES = 30

Code = Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Brands = Annotated[list[str] | None, QueryParameter(name="brand", max_items=MAX_CHOICES)]
Choices = Annotated[list[str] | None, QueryParameter(name="filter", max_items=MAX_CHOICES)]
Money = Annotated[int | None, QueryParameter(ge=0, le=MAX_PRICE)]
Flag = FromQuery[bool]
Order = FromQuery[Sort]
Words = Annotated[str, QueryParameter(max_length=100)]


class FilterMalformed(Invalid):
    """A filter is `code:value`, as the facets name them."""

    code = "filter.malformed"
    ko = "필터는 '코드:값' 형식이어야 합니다: {given}"
    en = "A filter must look like code:value, not {given}."


class PricesCrossed(Invalid):
    """No price is both from the lowest on and up to the highest."""

    code = "filter.prices_crossed"
    ko = "최저 가격이 최고 가격보다 높습니다."
    en = "The lowest price is above the highest."


class WordsMissing(Invalid):
    """There is nothing to look for."""

    code = "search.words_missing"
    ko = "검색어를 입력해 주세요."
    en = "Please say what to look for."


def _answers(shape: type[Any], what: str) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(data_container=shape, description=what, generate_examples=False)}


def know_answers(listings: Any) -> BeforeRequestHookHandler:
    """Return what answers a list that was asked for before and has not changed since, before it is even parsed."""

    async def answer(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        scope = request.scope
        state = scope["state"]
        tenant = state["caller"].tenant
        asked = scope["path"].encode() + b"?" + scope["query_string"]
        known = listings.known(tenant, state["language"], asked)
        if known is not None:
            return _told(request, known)
        state["asked"], state["generation"] = asked, listings.generation(tenant)
        return None

    return answer


def know_pages(showcase: Any) -> BeforeRequestHookHandler:
    """Return what answers with the page of a product that is in memory."""

    async def answer(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        scope = request.scope
        state = scope["state"]
        address = scope["path"].rpartition("/")[2]
        shown = showcase.known(state["caller"].tenant, address, state["language"])
        return None if shown is None else _told(request, Answer(shown.body, shown.etag))

    return answer


@get("/v1/categories", responses=_answers(schemas.CategoryTree, "The category tree"))
async def list_categories(
    request: Request[Any, Any, Any], caller: Caller, language: Language, listings: Listings
) -> Response[bytes]:
    """Show the categories of the shop as a tree."""
    return _told(request, await listings.categories(caller.tenant, language))


@get("/v1/products", responses=_answers(schemas.ProductPage, "A page of products"))
async def list_products(
    request: Request[Any, Any, Any],
    caller: Caller,
    language: Language,
    listings: Listings,
    category: Code = None,
    brand: Brands = None,
    filter: Choices = None,
    min_price: Money = None,
    max_price: Money = None,
    in_stock: Flag = False,
    sort: Order = Sort.POPULARITY,
    cursor: Cursor = "",
    size: Size = 24,
    facets: Flag = False,
) -> Response[bytes]:
    """List products: of a category and all inside it, of brands, with options or attributes, within prices."""
    filters = await _filters(listings, caller.tenant, category, brand, filter, min_price, max_price, in_stock)
    wanted = Wanted(filters=filters, sort=sort, cursor=cursor, size=size, facets=facets)
    return _kept(request, caller.tenant, language, listings, await listings.page(caller.tenant, language, wanted))


@get("/v1/search", responses=_answers(schemas.SearchPage, "What was found"))
async def search(
    request: Request[Any, Any, Any],
    caller: Caller,
    language: Language,
    listings: Listings,
    q: Words = "",
    category: Code = None,
    brand: Brands = None,
    filter: Choices = None,
    min_price: Money = None,
    max_price: Money = None,
    in_stock: Flag = False,
    sort: Order = Sort.RELEVANCE,
    cursor: Cursor = "",
    size: Size = 24,
    facets: Flag = True,
) -> Response[bytes]:
    """Find products by Korean or English words, 초성, or what was mistyped, with counts for every filter."""
    text = q.strip()
    if not text:
        raise WordsMissing(field="q")
    filters = await _filters(listings, caller.tenant, category, brand, filter, min_price, max_price, in_stock)
    wanted = Wanted(text=text, filters=filters, sort=sort, cursor=cursor, size=size, facets=facets)
    return _kept(request, caller.tenant, language, listings, await listings.search(caller.tenant, language, wanted))


@get(
    "/v1/search/suggestions",
    responses=_answers(schemas.Suggestions, "How it may go on"),
)
async def suggest(
    request: Request[Any, Any, Any],
    caller: Caller,
    language: Language,
    listings: Listings,
    q: Words = "",
    size: Annotated[int, QueryParameter(ge=1, le=20)] = 8,
) -> Response[bytes]:
    """Complete what is being typed, also half a syllable, 초성 or the wrong keyboard."""
    text = q.strip()
    if not text:
        raise WordsMissing(field="q")
    return _kept(
        request, caller.tenant, language, listings, await listings.suggest(caller.tenant, language, text, size)
    )


@get("/v1/products/{product:str}", responses=_answers(schemas.Detail, "The product"))
async def show_product(
    product: FromPath[str], request: Request[Any, Any, Any], caller: Caller, language: Language, showcase: Showcase
) -> Response[bytes]:
    """Show a product by its id or slug; a slug that it had before leads to the present one."""
    try:
        shown = await showcase.detail(caller.tenant, product, language)
    except Moved as moved:
        return Response(b"", status_code=301, headers={"Location": f"/v1/products/{quote(moved.slug)}"})
    return _told(request, Answer(shown.body, shown.etag))


@get("/v1/products/{product:str}/related", responses=_answers(schemas.RelatedProducts, "What goes with it"))
async def show_related(
    product: FromPath[str],
    request: Request[Any, Any, Any],
    caller: Caller,
    language: Language,
    listings: Listings,
    size: Annotated[int, QueryParameter(ge=1, le=24)] = 8,
) -> Response[bytes]:
    """Show products like this one, the most alike first: same category, facts, brand; then what sells well."""
    answer = await listings.related(caller.tenant, language, product, size)
    return _kept(request, caller.tenant, language, listings, answer)


async def _filters(
    listings: Listings,
    tenant: str,
    category: str | None,
    brands: list[str] | None,
    choices: list[str] | None,
    min_price: int | None,
    max_price: int | None,
    in_stock: bool,
) -> Filters:
    if min_price is not None and max_price is not None and min_price > max_price:
        raise PricesCrossed(field="min_price")
    chosen: dict[str, set[str]] = {}
    for choice in choices or ():
        code, _, value = choice.partition(":")
        if not code or not value or len(choice) > 130:
            raise FilterMalformed(given=choice[:40], field="filter")
        chosen.setdefault(code, set()).add(value)
    return Filters(
        categories=await listings.inside(tenant, category) if category else None,
        brands=frozenset(brands or ()),
        min_price=min_price,
        max_price=max_price,
        choices={code: frozenset(values) for code, values in chosen.items()},
        in_stock=in_stock,
    )


def _kept(
    request: Request[Any, Any, Any], tenant: str, language: str, listings: Listings, answer: Answer
) -> Response[bytes]:
    state = request.scope["state"]
    listings.keep(tenant, language, state["asked"], answer, state["generation"])
    return _told(request, answer)


def _told(request: Request[Any, Any, Any], answer: Answer) -> Response[bytes]:
    headers = {"ETag": answer.etag, "Cache-Control": FRESH, "Vary": VARY}
    for name, value in request.scope["headers"]:
        if name == b"if-none-match" and answer.etag in value.decode("latin-1"):
            return as_json(b"", headers, 304)
    return as_json(answer.body, headers)


def routes(listings: Any, showcase: Any) -> list[ControllerRouterHandler]:
    """Return the routes; what `listings` and `showcase` have in memory is answered before a request is parsed."""
    lists = Router(
        "/", before_request=know_answers(listings), route_handlers=[list_products, search, suggest, show_related]
    )
    pages = Router("/", before_request=know_pages(showcase), route_handlers=[show_product])
    return [lists, pages, list_categories]
