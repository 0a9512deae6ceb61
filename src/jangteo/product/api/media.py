"""Pictures: staff upload them, everybody sees them. A name stands for its content, so it is asked for once."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.errors import NotFound
from jangteo.product.api.given import MANAGE_PRODUCTS, Caller, Catalogue, Database
from jangteo.product.catalogue.pictures import MAX_BYTES, MEDIA_TYPE, redraw
from jangteo.product.catalogue.rendering import MEDIA_PATH
from jangteo.product.recent import Recent

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # An SVG can carry scripts; opened by itself it must not run one in the shop's name.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_KEPT = 2_000
_files: Recent[tuple[str, str], tuple[str, bytes]] = Recent(_KEPT)


class NoSuchPicture(NotFound):
    """There is no picture of this name."""

    code = "media.not_found"
    ko = "그림을 찾을 수 없습니다."
    en = "There is no such picture."


@get("/media/{name:str}", include_in_schema=True)
async def show_picture(
    name: FromPath[str], request: Request[Any, Any, Any], caller: Caller, catalogue: Catalogue
) -> Response[bytes]:
    """Show a picture."""
    found = _files.get((caller.tenant, name))
    if found is None:
        found = await catalogue.picture(caller.tenant, name[:100])
        if found is None:
            raise NoSuchPicture()
        _files.put((caller.tenant, name), found)
    media_type, content = found
    etag = f'"{name}"'
    headers = {**HEADERS, "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content, media_type=media_type, headers=headers)


class PictureKept(Struct, frozen=True, kw_only=True):
    """An uploaded picture; a product names it by `name`."""

    name: str
    url: str
    width: int
    height: int


@post("/v1/catalogue/pictures", request_max_body_size=MAX_BYTES, takes=("image/png", "image/jpeg", "image/webp"))
async def upload_picture(
    request: Request[Any, Any, Any], caller: Caller, catalogue: Catalogue, database: Database
) -> PictureKept:
    """Keep a picture: the body is a PNG, JPEG or WebP file. The same file again is the same picture."""
    caller.require(MANAGE_PRODUCTS)
    drawn = await redraw(await request.body())
    await audit.note(database, caller.tenant, Entry(by=caller, action="picture.uploaded", on=f"picture:{drawn.name}"))
    await catalogue.put_pictures(caller.tenant, {drawn.name: drawn.content}, MEDIA_TYPE)
    return PictureKept(name=drawn.name, url=MEDIA_PATH + drawn.name, width=drawn.width, height=drawn.height)


ROUTES = [show_picture, upload_picture]
