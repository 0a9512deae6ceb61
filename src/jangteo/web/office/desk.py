"""The back office's first page: how the shop does today and over time, and what waits to be done."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.figures import Figures, Statistics, charts, percent, tiles
from jangteo.web.office.orders.answers import Items
from jangteo.web.office.orders.listing import KINDS, READ
from jangteo.web.texts import SEOUL
from jangteo.web.visit import Visit

STOCK = "stock.manage"
PERIODS = (1, 7, 30, 90)
DEFAULT = 30
LISTED = 6


class Low(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of which few are left."""

    sku: str
    product_id: str
    name_ko: str
    name_en: str
    available: int


class LowStock(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/catalogue/low-stock."""

    items: list[Low]


@get("/office", include_in_schema=False)
async def desk(visit: VisitOf, days: Annotated[int, QueryParameter()] = DEFAULT) -> Response[bytes]:
    """Show the figures and what there is to do, as far as the visitor may see them."""
    visit.require_member()
    days = days if days in PERIODS else DEFAULT
    figures, waiting, low = await asyncio.gather(_figures(visit, days), _waiting(visit), _low(visit))
    return await office_page(
        visit,
        "office/desk.html",
        area="desk",
        tiles=tiles(*figures[0], visit.language) if figures else [],
        charts=charts(figures[1], visit.t, visit.language) if figures else None,
        total=figures[1].total if figures else None,
        share=percent(figures[1].total.conversion) if figures else "",
        days=days,
        periods=PERIODS,
        waiting=waiting,
        low=low,
        kinds=KINDS,
    )


async def _figures(visit: Visit, days: int) -> tuple[tuple[Figures, Figures], Statistics] | None:
    """Return today and yesterday, and the period; None for who may not see them."""
    if READ not in visit.permissions:
        return None
    today = datetime.now(SEOUL).date()
    path, first = "/v1/staff/order-statistics", today - timedelta(days=max(days, 2) - 1)
    by_day = visit.mall.get(path, Statistics, first=first, last=today, step="day")
    if days > 1:
        found = await by_day
        return (found.items[-1], found.items[-2]), found
    both, by_hour = await asyncio.gather(by_day, visit.mall.get(path, Statistics, first=today, last=today, step="hour"))
    return (both.items[-1], both.items[-2]), by_hour


async def _waiting(visit: Visit) -> Items | None:
    if READ not in visit.permissions:
        return None
    return await visit.mall.get("/v1/staff/orders", Items, status="paid", size=LISTED)


async def _low(visit: Visit) -> LowStock | None:
    if STOCK not in visit.permissions:
        return None
    return await visit.mall.get("/v1/catalogue/low-stock", LowStock, size=LISTED)


ROUTES = [desk]
