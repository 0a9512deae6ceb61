"""What staff look at: all products in any status, one as it was written, the categories, and what runs low."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from jangteo.kit import audit, auth
from jangteo.kit.audit import Entry
from jangteo.product.api.given import (
    MANAGE_PRODUCTS,
    MANAGE_STOCK,
    NOT_KEPT,
    Caller,
    Catalogue,
    Database,
    Listings,
    NumberCursor,
    kept,
    number_of,
)
from jangteo.product.catalogue import register
from jangteo.product.catalogue.register import Registered, Wanted
from jangteo.product.domain.catalogue import NoSuchProduct, Status
from jangteo.product.staff_schemas import CategoryKept, ProductKept
from jangteo.product.stock.low import LowStockPage, running_low

MAX_THRESHOLD = 1_000_000


class ProductList(Struct, frozen=True, kw_only=True):
    """A page of products as staff list them, those made last first."""

    items: list[Registered]
    next_cursor: str | None


class CategoryList(Struct, frozen=True, kw_only=True):
    """All categories in both languages, in their order."""

    items: list[CategoryKept]


def require_any(caller: auth.Caller) -> None:
    """Raise unless the caller looks after products or after stock."""
    if MANAGE_STOCK not in caller.permissions:
        caller.require(MANAGE_PRODUCTS)


@get("/v1/catalogue/products")
async def list_catalogue(
    caller: Caller,
    database: Database,
    listings: Listings,
    q: Annotated[str, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")] = "",
    status: FromQuery[Status | None] = None,
    category: Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")] = None,
    cursor: NumberCursor = "",
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> Response[ProductList]:
    """List products in any status; each word of `q` is in a name, brand, SKU or slug."""
    require_any(caller)
    inside = await listings.inside(caller.tenant, category) if category else None
    wanted = Wanted(words=q, status=status, categories=inside, before=number_of(cursor), size=size)
    await audit.note(database, caller.tenant, Entry(by=caller, action="products.listed"))
    found = await register.page(database, caller.tenant, wanted)
    items = found[:size]
    more = str(items[-1].number) if len(found) > size else None
    return Response(ProductList(items=items, next_cursor=more), headers=NOT_KEPT)


@get("/v1/catalogue/products/{product:uuid}")
async def show_written(
    product: FromPath[UUID], caller: Caller, catalogue: Catalogue, database: Database
) -> Response[ProductKept]:
    """Show a product in any status as it was written, in both languages; its ETag is what an edit must name."""
    require_any(caller)
    found = await catalogue.by_ids(caller.tenant, [product])
    if not found:
        raise NoSuchProduct()
    await audit.note(database, caller.tenant, Entry(by=caller, action="product.read", on=f"product:{product}"))
    return kept(found[0])


@get("/v1/catalogue/categories")
async def list_written_categories(caller: Caller, catalogue: Catalogue, database: Database) -> Response[CategoryList]:
    """List the categories as they were written, in both languages, with their versions."""
    require_any(caller)
    await audit.note(database, caller.tenant, Entry(by=caller, action="categories.listed"))
    found = [CategoryKept.of(category) for category in await catalogue.categories(caller.tenant)]
    return Response(CategoryList(items=found), headers=NOT_KEPT)


@get("/v1/catalogue/low-stock")
async def list_low_stock(
    caller: Caller,
    database: Database,
    threshold: Annotated[int, QueryParameter(ge=0, le=MAX_THRESHOLD)] = 5,
    cursor: Annotated[str, QueryParameter(max_length=80)] = "",
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> Response[LowStockPage]:
    """List the SKUs on sale of which at most `threshold` can still be bought, the fewest first."""
    caller.require(MANAGE_STOCK)
    await audit.note(database, caller.tenant, Entry(by=caller, action="stock.low_listed"))
    return Response(await running_low(database, caller.tenant, threshold, cursor, size), headers=NOT_KEPT)


ROUTES = [list_catalogue, show_written, list_written_categories, list_low_stock]
