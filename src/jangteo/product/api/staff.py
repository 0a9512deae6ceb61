"""Routes of those who look after the shop: products, categories, stock."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.http.permission import needs
from jangteo.kit.idempotency import Answer, once
from jangteo.kit.idempotency import IdempotencyKey as Key
from jangteo.product.api.given import (
    MANAGE_PRODUCTS,
    MANAGE_STOCK,
    NOT_KEPT,
    Caller,
    Catalogue,
    Commands,
    Database,
    IdempotencyKey,
    IfMatch,
    NumberCursor,
    as_json,
    kept,
    number_of,
    version_of,
)
from jangteo.product.catalogue.store import Catalogue as Documents
from jangteo.product.domain.catalogue import Category, NoSuchProduct, Text
from jangteo.product.staff_schemas import CategoryChange, CategoryIn, CategoryKept, ProductIn, ProductKept
from jangteo.product.stock.movements import StockHistory, StockMovement, history, record


@post("/v1/products", guards=[needs(MANAGE_PRODUCTS)])
async def add_product(data: JSONBody[ProductIn], caller: Caller, commands: Commands) -> Response[ProductKept]:
    """Add a product."""
    return kept(await commands.create(caller, data), 201)


@put("/v1/products/{product:uuid}", guards=[needs(MANAGE_PRODUCTS)])
async def edit_product(
    product: FromPath[UUID], data: JSONBody[ProductIn], caller: Caller, commands: Commands, if_match: IfMatch = None
) -> Response[ProductKept]:
    """Replace a product, if nobody edited it since the version in If-Match; else 409 with the fresh one."""
    version = version_of(if_match)
    return kept(await commands.edit(caller, product, version, data))


@post("/v1/products/{product:uuid}/archive", status_code=200, guards=[needs(MANAGE_PRODUCTS)])
async def archive_product(
    product: FromPath[UUID], caller: Caller, commands: Commands, if_match: IfMatch = None
) -> Response[ProductKept]:
    """Take a product off the shelves for good."""
    version = version_of(if_match) if if_match is not None else None
    return kept(await commands.archive(caller, product, version))


@post("/v1/categories", guards=[needs(MANAGE_PRODUCTS)])
async def add_category(data: JSONBody[CategoryIn], caller: Caller, commands: Commands) -> CategoryKept:
    """Add a category."""
    name = Text(ko=data.name_ko, en=data.name_en)
    wanted = Category(code=data.slug, name=name, parent=data.parent, position=data.position)
    return CategoryKept.of(await commands.add_category(caller, wanted))


@put("/v1/categories/{category:str}", guards=[needs(MANAGE_PRODUCTS)])
async def edit_category(
    category: FromPath[str],
    data: JSONBody[CategoryChange],
    caller: Caller,
    commands: Commands,
    if_match: IfMatch = None,
) -> CategoryKept:
    """Rename or move a category; with If-Match only at that version, else 409 with the fresh one."""
    version = version_of(if_match) if if_match is not None else None
    name = Text(ko=data.name_ko, en=data.name_en)
    wanted = Category(code=category, name=name, parent=data.parent, position=data.position)
    return CategoryKept.of(await commands.edit_category(caller, wanted, version))


@get("/v1/products/{product:uuid}/stock-movements")
async def show_movements(
    product: FromPath[UUID],
    caller: Caller,
    catalogue: Catalogue,
    database: Database,
    cursor: NumberCursor = "",
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> Response[StockHistory]:
    """Show what there is of a product's SKUs and every change, the newest first."""
    caller.require(MANAGE_STOCK)
    await _require(catalogue, caller.tenant, product)
    before = number_of(cursor)
    entry = Entry(by=caller, action="stock.read", on=f"product:{product}")
    await audit.note(database, caller.tenant, entry)
    return Response(await history(database, caller.tenant, product, before, size), headers=NOT_KEPT)


@post("/v1/products/{product:uuid}/stock-movements", guards=[needs(MANAGE_STOCK)])
async def add_movement(
    product: FromPath[UUID],
    data: JSONBody[StockMovement],
    caller: Caller,
    catalogue: Catalogue,
    database: Database,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take goods in, write them off, or correct a count; once for each Idempotency-Key."""
    key = Key(
        tenant=caller.tenant,
        caller=str(caller.member_id),
        operation=f"stock-movements/{product}",
        key=idempotency_key,
        request=data,
    )
    await _require(catalogue, caller.tenant, product)

    async def move() -> Answer:
        async with database.transaction(caller.tenant) as transaction:
            counts = await record(transaction, product, data)
            moved: dict[str, str | int] = {"delta": data.delta, "reason": str(data.reason)}
            entry = Entry(by=caller, action="stock.moved", on=f"sku:{data.sku}", details=moved)
            await audit.record(transaction, entry)
            return await key.remember(transaction, 201, counts)

    answer = await once(database, key, move)
    return as_json(answer.body, NOT_KEPT, answer.status)


async def _require(catalogue: Documents, tenant: str, product: UUID) -> None:
    if not await catalogue.by_ids(tenant, [product]):
        raise NoSuchProduct()


ROUTES = [
    add_product,
    edit_product,
    archive_product,
    add_category,
    edit_category,
    show_movements,
    add_movement,
]
