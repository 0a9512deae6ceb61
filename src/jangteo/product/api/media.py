"""Pictures. A name stands for its content, so whoever has one never needs to ask again."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from jangteo.kit.errors import NotFound
from jangteo.product.api.given import Caller, Catalogue
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


ROUTES = [show_picture]
