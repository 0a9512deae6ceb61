"""Styles, scripts, fonts and pictures of the pages: read at the start, under one digest of them all, kept for ever.

Styles are bundles of small files. htmx comes out of a package; without it the pages work by links and forms alone.
"""

import gzip
import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.params import FromPath

HTMX = "js/htmx.js"
# What a bundle is made of: folders of css/, whose files follow each other by name.
BUNDLES = {"css/shop.css": ("shared", "shop"), "css/office.css": ("shared", "office")}
KEPT = "public, max-age=31536000, immutable"
_COMPRESSED = ("text/", "image/svg", "application/manifest")
_LEAST_BYTES = 400
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class File(NamedTuple):
    """A file, and the same compressed where that is shorter."""

    media_type: str
    content: bytes
    compressed: bytes | None


def _read() -> dict[str, bytes]:
    root = files("jangteo.web") / "static"
    found = dict(_walk(root, ""))
    for bundle, folders in BUNDLES.items():
        parts = [found[name] for folder in folders for name in sorted(found) if name.startswith(f"css/{folder}/")]
        found[bundle] = b"\n".join(parts)
    loose = tuple(f"css/{folder}/" for folders in BUNDLES.values() for folder in folders)
    found = {name: content for name, content in found.items() if not name.startswith(loose)}
    package = find_spec("django_htmx")  # looked for, not imported: nothing of Django is needed
    if package is not None and package.submodule_search_locations:
        script = Path(package.submodule_search_locations[0]) / "static" / "django_htmx" / "htmx-2.min.js"
        if script.is_file():
            found[HTMX] = script.read_bytes()
    return found


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _prepared(name: str, content: bytes) -> File:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    shorter = None
    if media_type.startswith(_COMPRESSED) and len(content) > _LEAST_BYTES:
        shorter = gzip.compress(content, 9, mtime=0)
    return File(media_type, content, shorter)


class StaticFiles:
    """All of them."""

    def __init__(self) -> None:
        raw = _read()
        digest = hashlib.sha256()
        for name in sorted(raw):
            digest.update(name.encode() + b"\0" + raw[name])
        self.version = digest.hexdigest()[:12]
        self._files = {name: _prepared(name, content) for name, content in raw.items()}

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return name in self._files

    def url(self, name: str) -> str:
        """Return where a file is. Raises KeyError for one that is not there."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def answer(self, name: str, accepted: str, *, version: str) -> Response[bytes]:
        """Return a file; under another version's address (during an update, say) nobody may keep it."""
        file = self._files.get(name)
        if file is None:
            return Response(b"", status_code=404, media_type="text/plain", headers={"cache-control": "no-store"})
        headers = {"cache-control": KEPT if version == self.version else "no-store", "vary": "Accept-Encoding"}
        headers |= {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
        if file.compressed is not None and "gzip" in accepted:
            headers["content-encoding"] = "gzip"
            return Response(file.compressed, media_type=file.media_type, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)


FILES = StaticFiles()


@get("/static/{version:str}/{name:path}", include_in_schema=False)
async def static_file(version: FromPath[str], name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return a file of the pages."""
    return FILES.answer(str(name).lstrip("/"), request.headers.get("accept-encoding", ""), version=version)
