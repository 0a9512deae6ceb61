"""The shop's front page: what is new, what is bought, and each department's best."""

import asyncio

from litestar import Response, get

from jangteo.web.chrome import departments
from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem
from jangteo.web.shop.cards import Cards
from jangteo.web.visit import Visit

FRESH_SECONDS = 10.0
SHELF, DEPARTMENTS = 8, 4


@get("/", include_in_schema=False)
async def home(visit: VisitOf) -> Response[bytes]:
    """Show the front page."""
    tree = await departments(visit.mall)
    chosen = tree[:DEPARTMENTS]
    popular, newest, *shelves = await asyncio.gather(
        _shelf(visit, sort="popularity"),
        _shelf(visit, sort="newest"),
        *(_shelf(visit, category=one.slug, size=4) for one in chosen),
    )
    return await visit.page(
        "shop/home.html", popular=popular.items, newest=newest.items, shelves=list(zip(chosen, shelves, strict=True))
    )


async def _shelf(visit: Visit, *, sort: str = "popularity", category: str = "", size: int = SHELF) -> Cards:
    """Return products for one shelf; a shelf that cannot be filled just now is left out of the page."""
    try:
        return await visit.mall.window(
            "/v1/products", Cards, seconds=FRESH_SECONDS, sort=sort, category=category, size=size, in_stock=True
        )
    except Problem:
        return Cards()


ROUTES = [home]
