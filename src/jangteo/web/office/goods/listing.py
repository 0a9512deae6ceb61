"""The list of all products, and what runs low."""

import asyncio

from litestar import Response, get
from litestar.params import FromQuery

from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods.told import AREA, MANAGE, PATH, STOCK, Categories, LowPage, Rows
from jangteo.web.problem import Problem

STATUSES = ("published", "draft", "archived")
SIZE = 50


@get(PATH, include_in_schema=False)
async def show_list(
    visit: VisitOf,
    q: FromQuery[str] = "",
    status: FromQuery[str] = "",
    category: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[bytes]:
    """List products: by words, status and category, some at a time."""
    visit.require(MANAGE, STOCK)
    asked = {"q": q[:100].strip(), "status": status if status in STATUSES else "", "category": category}
    try:
        page, categories = await asyncio.gather(
            visit.mall.get("/v1/catalogue/products", Rows, **asked, cursor=cursor, size=SIZE),
            visit.mall.get("/v1/catalogue/categories", Categories),
        )
    except Problem as problem:
        if problem.status not in (404, 422) or not visit.query:
            raise
        return visit.redirect(PATH)  # an address that somebody cut off or made up
    return await office_page(
        visit,
        "office/goods/list.html",
        area=AREA,
        needs=(MANAGE, STOCK),
        page=page,
        asked=asked,
        is_first=not cursor,
        statuses=STATUSES,
        categories=categories,
        names={one.slug: one.name(visit.language) for one in categories.items},
        may_write=MANAGE in visit.permissions,
        may_stock=STOCK in visit.permissions,
    )


@get(f"{PATH}/low-stock", include_in_schema=False)
async def show_low(visit: VisitOf, threshold: FromQuery[str] = "5", cursor: FromQuery[str] = "") -> Response[bytes]:
    """List what runs low, the fewest first."""
    visit.require(STOCK)
    most = int(threshold) if threshold.isascii() and threshold.isdigit() and len(threshold) < 7 else 5
    page = await visit.mall.get("/v1/catalogue/low-stock", LowPage, threshold=most, cursor=cursor, size=SIZE)
    return await office_page(
        visit, "office/goods/low.html", area=AREA, needs=(STOCK,), page=page, threshold=most, is_first=not cursor
    )


ROUTES = [show_list, show_low]
