"""Web pages of the sandbox: escaped templates, own styles and scripts by their hash, a strict policy on each."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.problems import Unknown

MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Pages:
    """The templates in `folder`/templates and the files in `folder`/static, read once."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted((folder / "static").iterdir())}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
        )
        self._templates.globals["integrity"] = self._integrity

    def answer(
        self,
        template: str,
        language: str,
        *,
        ancestors: str = "'none'",
        posts_to: str = "'none'",
        status: int = 200,
        **values: Any,
    ) -> Response[bytes]:
        """Render a template, with `t(ko, en)` for its words.

        `ancestors` and `posts_to` are CSP sources: who may frame the page, where its forms may go.
        """

        def words(korean: str, english: str) -> str:
            return korean if language == "ko" else english

        body = self._templates.get_template(template).render(t=words, language=language, **values).encode()
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
            f"img-src 'self'; base-uri 'none'; form-action {posts_to}; frame-ancestors {ancestors}"
        )
        headers = {"Content-Security-Policy": policy, **SAFE_HEADERS, "Content-Language": language}
        return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=headers)

    def static_route(self) -> ControllerRouterHandler:
        """Return the route of the static files."""

        @get("/static/{name:str}", include_in_schema=False)
        async def static_file(name: FromPath[str]) -> Response[bytes]:
            if name not in self._files:
                raise Unknown
            headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            return Response(self._files[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)

        return static_file

    def _integrity(self, name: str) -> str:
        return "sha384-" + base64.b64encode(hashlib.sha384(self._files[name]).digest()).decode()


SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return "ko" or "en": what `?lang=` says, else whichever the browser names first, else Korean."""
    asked = request.query_params.get("lang", "")
    if asked in ("ko", "en"):
        return str(asked)
    accepted = request.headers.get("Accept-Language", "").lower()
    places = {language: accepted.find(language) for language in ("ko", "en")}
    return "en" if places["en"] >= 0 and not 0 <= places["ko"] < places["en"] else "ko"
