"""What machines read: sitemap and robots for search engines, manifest, offline page and service worker for browsers."""

from datetime import timedelta
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from litestar import Response, get

from jangteo.web import protection
from jangteo.web.chrome import departments
from jangteo.web.given import VisitOf
from jangteo.web.mall import segment
from jangteo.web.shop.cards import Cards
from jangteo.web.static_files import FILES
from jangteo.web.visit import Visit

KEPT = "public, max-age=3600"
SITEMAP_SECONDS = timedelta(minutes=10).total_seconds()
_PAGE, _PAGES = 50, 900  # products of a page of the API, and pages: a sitemap may have 50,000 addresses
_NOT_FOR_ROBOTS = ("/account", "/cart", "/checkout", "/login", "/office", "/orders", "/search", "/wishlist", "/live/")


@get("/robots.txt", include_in_schema=False)
async def robots(visit: VisitOf) -> Response[bytes]:
    """Tell robots what is for them."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS),
        f"Sitemap: {visit.origin}/sitemap.xml",
    ]
    return _told("\n".join(lines) + "\n", "text/plain")


@get("/sitemap.xml", include_in_schema=False)
async def sitemap(visit: VisitOf) -> Response[bytes]:
    """List all that is to be found."""
    paths = ["/", "/categories"]
    waiting = list(await departments(visit.mall))
    while waiting:
        one = waiting.pop(0)
        paths.append(f"/categories/{one.slug}")
        waiting.extend(one.children)
    paths += [f"/products/{segment(slug)}" for slug in await _products(visit)]
    urls = "".join(f"<url><loc>{escape(visit.origin + path)}</loc></url>\n" for path in paths)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return _told(f"{head}{urls}</urlset>\n", "application/xml")


async def _products(visit: Visit) -> list[str]:
    slugs: list[str] = []
    cursor: str | None = ""
    for _ in range(_PAGES):
        found = await visit.mall.window(
            "/v1/products", Cards, seconds=SITEMAP_SECONDS, sort="newest", size=_PAGE, cursor=cursor
        )
        slugs += [one.slug for one in found.items]
        cursor = found.next_cursor
        if not cursor:
            break
    return slugs


@get("/manifest.webmanifest", include_in_schema=False)
async def manifest(visit: VisitOf) -> Response[bytes]:
    """Tell browsers how the shop is installed."""
    icons: list[dict[str, Any]] = [
        {"src": FILES.url(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": "/",
        "name": visit.company.shop,
        "short_name": visit.company.shop,
        "description": visit.t("shop.home.title"),
        "lang": visit.language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#16171b",
        "icons": icons,
        "shortcuts": [
            {"name": visit.t("shared.nav.cart"), "url": "/cart"},
            {"name": visit.t("shared.foot.orders"), "url": "/account/orders"},
        ],
    }
    return _told(msgspec.json.encode(told).decode(), "application/manifest+json")


@get("/offline", include_in_schema=False)
async def offline(visit: VisitOf) -> Response[bytes]:
    """Show what an installed shop says without a network; it holds nothing of the visitor's."""
    return await visit.page("shop/offline.html")


@get("/service-worker.js", include_in_schema=False)
async def service_worker(visit: VisitOf) -> Response[bytes]:
    """Give the script that keeps the offline page; it is another one whenever a style or script is."""
    kept = [FILES.url(name) for name in ("css/shop.css", "js/shop.js", "img/icons.svg", "img/icon.svg")]
    source = (files("jangteo.web") / "templates" / "shop" / "service_worker.js").read_text(encoding="utf-8")
    script = source.replace("__VERSION__", FILES.version).replace("__FILES__", msgspec.json.encode(kept).decode())
    return _told(script, "text/javascript", keep="no-cache")


def _told(text: str, media_type: str, keep: str = KEPT) -> Response[bytes]:
    headers = {**protection.SECURITY, "cache-control": keep, "vary": "Accept-Language, Cookie"}
    return Response(text.encode(), media_type=media_type, headers=headers)


ROUTES = [robots, sitemap, manifest, offline, service_worker]
