"""What there is of a product, every change of it, and a new one with its reason."""

import asyncio
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods.editing import product_at
from jangteo.web.office.goods.told import AREA, PATH, STOCK, History, Stock, tabs
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

REASONS = ("incoming", "returned", "damaged", "counted")


@get(f"{PATH}/{{product:uuid}}/stock", include_in_schema=False)
async def show(product: FromPath[UUID], visit: VisitOf, cursor: FromQuery[str] = "") -> Response[bytes]:
    """Show what there is and how it came to that, the newest first."""
    visit.require(STOCK)
    return await _page(visit, product, Form.filled(reason="incoming", once=visit.once()), cursor)


@post(f"{PATH}/{{product:uuid}}/stock", include_in_schema=False)
async def move(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Take goods in, write them off or correct a count; a form sent twice has one effect."""
    visit.require(STOCK)
    form = visit.form
    typed, amount = form.text("delta"), form.number("delta")
    body = {
        "sku": form.text("sku"),
        "delta": amount if amount is not None else typed,
        "reason": form.text("reason"),
        "reference": form.text("reference"),
    }
    try:
        moved = await visit.mall.post(f"/v1/products/{product}/stock-movements", body, Stock, once=form.once)
    except Problem as problem:
        if problem.status not in (404, 409, 422) or not problem.errors:
            raise
        form.refuse(problem)
        return await _page(visit, product, form, "", status=422)
    visit.flash("good", visit.t("goods.stock.moved", sku=moved.sku, count=moved.on_hand))
    return visit.redirect(f"{PATH}/{product}/stock")


async def _page(visit: Visit, product: UUID, form: Form, cursor: str, status: int = 200) -> Response[bytes]:
    found, history = await asyncio.gather(
        product_at(visit, product),
        visit.mall.get(f"/v1/products/{product}/stock-movements", History, cursor=cursor),
    )
    return await office_page(
        visit,
        "office/goods/stock.html",
        area=AREA,
        needs=(STOCK,),
        status=status,
        product=found,
        history=history,
        form=form,
        reasons=[(reason, visit.t(f"goods.reason.{reason}")) for reason in REASONS],
        skus=[(stock.sku, stock.sku) for stock in history.stock],
        tab="stock",
        tabs=tabs(found, visit.permissions),
        is_first=not cursor,
    )


ROUTES = [show, move]
