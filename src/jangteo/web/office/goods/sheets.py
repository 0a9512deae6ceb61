"""The catalogue as a sheet: taken away, brought back, with how far an import is and what was wrong in which row."""

import asyncio
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from jangteo.web import live
from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods.told import AREA, MANAGE, PATH, Faults, Import, Imports
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

CSV = "text/csv; charset=utf-8"


@get("/live/office/products.csv", include_in_schema=False)
async def export(visit: VisitOf) -> Stream:
    """Hand the sheet on as it comes."""
    visit.require(MANAGE)
    headers = {"content-disposition": 'attachment; filename="products.csv"'}
    return await live.follow(visit, "/v1/catalogue/export", media_type=CSV, headers=headers)


@get(f"{PATH}/import", include_in_schema=False)
async def show_form(visit: VisitOf) -> Response[bytes]:
    """Show how to import, and what was imported lately."""
    visit.require(MANAGE)
    return await _form_page(visit, Form.filled(once=visit.once()))


@post("/office/uploads/products/import", include_in_schema=False)
async def begin(visit: VisitOf) -> Response[bytes]:
    """Begin an import and lead to its progress."""
    visit.require(MANAGE)
    form = visit.form
    file = form.files.get("file")
    content = await file.read() if file is not None else b""
    name = (file.filename if file is not None else "").replace("\\", "/").rpartition("/")[2][:200]
    named = quote("".join(letter for letter in name if letter.isprintable()))
    headers = {"Content-Type": "text/csv", "Idempotency-Key": form.once}
    try:
        told = await visit.mall.call("POST", f"/v1/catalogue/imports?name={named}", content, headers=headers)
    except Problem as problem:
        if problem.status not in (413, 422):
            raise
        form.refuse(problem)
        form.errors = {"file": problem.detail}
        return await _form_page(visit, Form.filled(once=visit.once()), problem)
    return visit.redirect(f"{PATH}/imports/{msgspec.json.decode(told.body, type=Import).id}")


@get(f"{PATH}/imports/{{id:uuid}}", include_in_schema=False)
async def show_import(id: FromPath[UUID], visit: VisitOf, cursor: FromQuery[str] = "") -> Response[bytes]:
    """Show how far an import is; htmx asks for that part alone, again and again, until it is over."""
    visit.require(MANAGE)
    path = f"/v1/catalogue/imports/{id}"
    found, faults = await asyncio.gather(
        visit.mall.get(path, Import), visit.mall.get(f"{path}/errors", Faults, cursor=cursor, size=100)
    )
    return await office_page(
        visit,
        "office/goods/import.html",
        area=AREA,
        needs=(MANAGE,),
        block="progress" if visit.is_htmx else "",
        found=found,
        faults=faults,
        is_first=not cursor,
    )


async def _form_page(visit: Visit, form: Form, problem: Problem | None = None) -> Response[bytes]:
    if problem is not None:
        form.errors, form.summary = {"file": problem.detail}, visit.t("goods.sheet.refused")
    imports = await visit.mall.get("/v1/catalogue/imports", Imports)
    return await office_page(
        visit,
        "office/goods/sheet.html",
        area=AREA,
        needs=(MANAGE,),
        status=422 if problem else 200,
        form=form,
        imports=imports.items,
    )


ROUTES = [export, show_form, begin, show_import]
