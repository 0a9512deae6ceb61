"""The catalogue as a sheet: taken away as CSV, and brought back as an import that works in the background."""

import asyncio
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.errors import Invalid
from jangteo.kit.idempotency import Answer, once
from jangteo.kit.idempotency import IdempotencyKey as Key
from jangteo.product.api.given import (
    MANAGE_PRODUCTS,
    NOT_KEPT,
    Caller,
    Catalogue,
    Database,
    IdempotencyKey,
    as_json,
)
from jangteo.product.sheets import jobs
from jangteo.product.sheets.exporting import export
from jangteo.product.sheets.jobs import Import, RowFault
from jangteo.product.sheets.reading import MAX_BYTES, read_sheet

SHOWN = 20
_MOST = (1 << 31) - 1


class FaultCursorInvalid(Invalid):
    """The cursor was not made by this list."""

    code = "page.bad_cursor"
    ko = "페이지 커서가 올바르지 않습니다."
    en = "The cursor is not one of this list."


class ImportList(Struct, frozen=True, kw_only=True):
    """The newest imports of the shop."""

    items: list[Import]


class FaultOut(Struct, frozen=True, kw_only=True):
    """What was wrong in a row of the file; the heading is row 1."""

    row: int
    field: str
    code: str
    message: str
    message_ko: str
    message_en: str


class FaultPage(Struct, frozen=True, kw_only=True):
    """A page of what was wrong, in the order of the file."""

    items: list[FaultOut]
    next_cursor: str | None


@get("/v1/catalogue/export")
async def export_catalogue(caller: Caller, catalogue: Catalogue, database: Database) -> Stream:
    """Stream all products as CSV in UTF-8; what an import reads."""
    caller.require(MANAGE_PRODUCTS)
    await audit.note(database, caller.tenant, Entry(by=caller, action="products.exported"))
    headers = {"Content-Disposition": 'attachment; filename="products.csv"', **NOT_KEPT}
    return Stream(export(catalogue, caller.tenant), media_type="text/csv; charset=utf-8", headers=headers)


@post("/v1/catalogue/imports", request_max_body_size=MAX_BYTES, status_code=202, takes=("text/csv",))
async def import_catalogue(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    name: Annotated[str, QueryParameter(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = "",
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take a CSV file as the body and import it in the background; once for each Idempotency-Key."""
    caller.require(MANAGE_PRODUCTS)
    content = await request.body()
    asked = [name, sha256(content).hexdigest()]
    key = Key(
        tenant=caller.tenant, caller=str(caller.member_id), operation="imports", key=idempotency_key, request=asked
    )

    async def begin() -> Answer:
        # Seconds of work for a large sheet, in the process that every checkout asks for its prices.
        lines = await asyncio.to_thread(read_sheet, content)
        permissions = " ".join(sorted(caller.permissions))
        async with database.transaction(caller.tenant) as transaction:
            opened = await jobs.open_import(transaction, name, caller.member_id, permissions, lines)
            details: dict[str, str | int] = {"rows": len(lines), "sha256": asked[1]}
            entry = Entry(by=caller, action="products.import_begun", on=f"import:{opened.id}", details=details)
            await audit.record(transaction, entry)
            return await key.remember(transaction, 202, opened)

    answer = await once(database, key, begin)
    return as_json(answer.body, NOT_KEPT, answer.status)


@get("/v1/catalogue/imports")
async def list_imports(caller: Caller, database: Database) -> Response[ImportList]:
    """List the newest imports."""
    caller.require(MANAGE_PRODUCTS)
    await audit.note(database, caller.tenant, Entry(by=caller, action="imports.listed"))
    return Response(ImportList(items=await jobs.latest(database, caller.tenant, SHOWN)), headers=NOT_KEPT)


@get("/v1/catalogue/imports/{id:uuid}")
async def show_import(id: FromPath[UUID], caller: Caller, database: Database) -> Response[Import]:
    """Show how far an import is.

    Who began it looks again and again until it is done; only another's look is worth an entry in the audit trail.
    """
    caller.require(MANAGE_PRODUCTS)
    found = await jobs.show(database, caller.tenant, id)
    if not await jobs.begun_by(database, caller.tenant, id, caller.member_id):
        await audit.note(database, caller.tenant, Entry(by=caller, action="import.read", on=f"import:{id}"))
    return Response(found, headers=NOT_KEPT)


@get("/v1/catalogue/imports/{id:uuid}/errors")
async def list_faults(
    id: FromPath[UUID],
    caller: Caller,
    database: Database,
    request: Request[Any, Any, Any],
    cursor: Annotated[str, QueryParameter(max_length=40)] = "",
    size: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
) -> Response[FaultPage]:
    """List what was wrong in which rows."""
    caller.require(MANAGE_PRODUCTS)
    await jobs.show(database, caller.tenant, id)
    await audit.note(database, caller.tenant, Entry(by=caller, action="import.errors_read", on=f"import:{id}"))
    found = await jobs.faults_of(database, caller.tenant, id, _place(cursor), size + 1)
    shown = found[:size]
    more = f"{shown[-1].row}.{shown[-1].number}" if len(found) > size else None
    language = request.scope["state"]["language"]
    page = FaultPage(items=[_told(fault, language) for fault in shown], next_cursor=more)
    return Response(page, headers=NOT_KEPT)


def _told(fault: RowFault, language: str) -> FaultOut:
    return FaultOut(
        row=fault.row,
        field=fault.field,
        code=fault.code,
        message=fault.ko if language == "ko" else fault.en,
        message_ko=fault.ko,
        message_en=fault.en,
    )


def _place(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    row, _, number = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and int(part) <= _MOST for part in (row, number)):
        raise FaultCursorInvalid(field="cursor")
    return int(row), int(number)


ROUTES = [export_catalogue, import_catalogue, list_imports, show_import, list_faults]
