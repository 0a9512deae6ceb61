"""The gateway's own pages: the documentation, and the health of the mall."""

import importlib.resources
import mimetypes
from importlib.resources.abc import Traversable

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from jangteo.gateway.health import HealthDesk
from jangteo.gateway.library import Library
from jangteo.kit.errors import NotFound

# Everything comes from here and nothing is inline but what Swagger UI styles by itself.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = {"content-security-policy": CONTENT_POLICY}
KEPT = {"cache-control": "public, max-age=3600"}
SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "index.css", "favicon-32x32.png")


class PageUnknown(NotFound):
    """No such page."""

    code = "page.unknown"


def _pages() -> Traversable:
    return importlib.resources.files("jangteo.gateway") / "pages"


def _swagger_ui() -> Traversable:
    """Return the folder with Swagger UI's files; the package names it by their version."""
    vendor = importlib.resources.files("swagger_ui_bundle") / "vendor"
    return max(vendor.iterdir(), key=lambda folder: folder.name)


@get("/docs", include_in_schema=False)
async def docs() -> Response[bytes]:
    """Return the documentation's page."""
    return Response((_pages() / "docs.html").read_bytes(), media_type="text/html; charset=utf-8", headers=PAGE)


@get("/docs/{name:str}", include_in_schema=False)
async def docs_file(name: str) -> Response[bytes]:
    """Return one of the few files that the documentation's page needs."""
    if name == "start.js":
        source = _pages() / name
    elif name in SWAGGER_FILES:
        source = _swagger_ui() / name
    else:
        raise PageUnknown()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(source.read_bytes(), media_type=media_type, headers=PAGE | KEPT)


@get("/mall/openapi.json", include_in_schema=False)
async def openapi(library: NamedDependency[Library]) -> Response[bytes]:
    """Return the document of the whole mall; the gateway shows it as /openapi.json."""
    return Response(await library.document(), media_type="application/json")


@get("/health", include_in_schema=False)
async def health(desk: NamedDependency[HealthDesk]) -> Response[bytes]:
    """Return the health of the whole mall: 200 where all services can work, else 503."""
    report = await desk.report()
    return Response(
        msgspec.json.encode(report),
        media_type="application/json",
        status_code=200 if report.serves else 503,
        headers={"cache-control": "no-store"},
    )


ROUTES = [docs, docs_file, openapi, health]
