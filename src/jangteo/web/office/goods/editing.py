"""A product written and edited; of two who edit at once the second sees both versions and loses nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods import product_form
from jangteo.web.office.goods.product_form import differences, fields_of
from jangteo.web.office.goods.told import AREA, MANAGE, PATH, STOCK, Categories, Product, tabs
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

NEW = {"status": "draft", "max_per_order": "99"}
STATUSES = ("draft", "published", "archived")
MORE = ("options", "values", "variants", "attributes")
# What a form carries beside the product.
_HIDDEN = ("form_token", "version", "action", "once")


async def product_at(visit: Visit, product: UUID) -> Product:
    """Return a product as it was written. Raises Problem."""
    return await visit.mall.get(f"/v1/catalogue/products/{product}", Product)


@get(f"{PATH}/new", include_in_schema=False)
async def show_new(visit: VisitOf) -> Response[bytes]:
    """Show an empty form."""
    visit.require(MANAGE)
    return await _form_page(visit, Form.filled(**NEW))


@post(f"{PATH}/new", include_in_schema=False)
async def add(visit: VisitOf) -> Response[bytes]:
    """Add a product, or show the form with more rows."""
    visit.require(MANAGE)
    form = visit.form
    if (other := await _other_action(visit, form, None)) is not None:
        return other
    body, places = product_form.body_of(form)
    try:
        added = await visit.mall.post("/v1/products", body, Product)
    except Problem as problem:
        return await _refused(visit, form, problem, places, None)
    visit.flash("good", visit.t("goods.edit.added"))
    return visit.redirect(f"{PATH}/{added.id}")


@get(f"{PATH}/{{product:uuid}}", include_in_schema=False)
async def show(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Show a product as it was written; who looks after stock alone is led to that."""
    visit.require(MANAGE, STOCK)
    if MANAGE not in visit.permissions:
        return visit.redirect(f"{PATH}/{product}/stock")
    found = await product_at(visit, product)
    return await _form_page(visit, Form.filled(**fields_of(found)), found)


@post(f"{PATH}/{{product:uuid}}", include_in_schema=False)
async def edit(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Write a product, if it is still as it was when the form was shown."""
    visit.require(MANAGE)
    form, before = visit.form, await product_at(visit, product)
    if (other := await _other_action(visit, form, before)) is not None:
        return other
    body, places = product_form.body_of(form)
    body["pictures"] = msgspec.to_builtins(before.pictures)  # they have a page of their own
    try:
        await visit.mall.put(f"/v1/products/{product}", body, Product, version=f'"{_version(form)}"')
    except Problem as problem:
        if problem.code == "product.edited":
            current = msgspec.convert(problem.params["current"], Product)
            return await _stale(visit, form, current)
        return await _refused(visit, form, problem, places, before)
    visit.flash("good", visit.t("goods.edit.saved"))
    return visit.redirect(f"{PATH}/{product}")


@post(f"{PATH}/{{product:uuid}}/archive", include_in_schema=False)
async def archive(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Take a product off the shelves, if it is still as it was when the page was shown."""
    visit.require(MANAGE)
    headers = {"If-Match": f'"{_version(visit.form)}"'}
    try:
        await visit.mall.post(f"/v1/products/{product}/archive", None, Product, headers=headers)
    except Problem as problem:
        if problem.code != "product.edited":
            raise
        visit.flash("bad", problem.detail)
        return visit.redirect(f"{PATH}/{product}")
    visit.flash("good", visit.t("goods.edit.archived"))
    return visit.redirect(f"{PATH}/{product}")


async def _other_action(visit: Visit, form: Form, before: Product | None) -> Response[bytes] | None:
    """Answer a button that only changes the form; None for the one that saves."""
    action = form.text("action", "save")
    if action == "combine":
        return await _form_page(visit, _kept(form, product_form.combined(form)), before)
    if action in MORE:
        return await _form_page(visit, form, before, more=action)
    return None


def _kept(form: Form, fields: Mapping[str, str]) -> Form:
    return Form.filled(**{name: value for name, value in fields.items() if name not in ("form_token", "action")})


async def _refused(
    visit: Visit, form: Form, problem: Problem, places: dict[str, str], before: Product | None
) -> Response[bytes]:
    if problem.status not in (409, 422):
        raise problem
    form.summary = problem.detail
    product_form.place_errors(form, problem.errors, places)
    return await _form_page(visit, form, before, status=422)


async def _stale(visit: Visit, form: Form, current: Product) -> Response[bytes]:
    """Show what was typed beside what is there now; sent again, it is written over that."""
    mine = {name: form.text(name) for name in form.names() if name not in _HIDDEN}
    found = differences(mine, fields_of(current))
    return await _form_page(visit, form, current, status=409, stale=found)


async def _form_page(
    visit: Visit,
    form: Form,
    product: Product | None = None,
    *,
    status: int = 200,
    more: str = "",
    stale: list[tuple[str, str, str]] | None = None,
) -> Response[bytes]:
    categories = await visit.mall.get("/v1/catalogue/categories", Categories)

    def rows(kind: str) -> int:
        return product_form.count(form, kind, 5 if kind.rpartition(".")[2] == more else 0)

    version = product.version if product is not None and (stale is not None or "version" not in form.names()) else None
    values: dict[str, Any] = {"rows": rows, "stale": stale, "statuses": STATUSES}
    return await office_page(
        visit,
        "office/goods/product.html",
        area=AREA,
        needs=(MANAGE,),
        status=status,
        form=form,
        product=product,
        version=version if version is not None else form.text("version"),
        tab="edit",
        tabs=tabs(product, visit.permissions) if product else [],
        categories=[("", visit.t("goods.edit.choose")), *categories.choices(visit.language)],
        **values,
    )


def _version(form: Form) -> int:
    version = form.number("version")
    return version if version is not None and 0 <= version < 10**9 else 0


ROUTES = [show_new, add, show, edit, archive]
