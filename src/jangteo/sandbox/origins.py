"""Which web origins are the shop's own, as sources of a content security policy."""

from collections.abc import Iterable
from urllib.parse import urlsplit


def shop_origins(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the origins of `urls`; those on this machine also by name, where `*` stands for one shop's name."""
    origins: dict[str, None] = {}
    for url in filter(None, (url.strip() for url in urls)):
        parts = urlsplit(url)
        origins[f"{parts.scheme}://{parts.netloc}"] = None
        if parts.hostname in ("127.0.0.1", "localhost"):
            port = f":{parts.port}" if parts.port else ""
            origins[f"{parts.scheme}://localhost{port}"] = None
            origins[f"{parts.scheme}://*.localhost{port}"] = None
    return tuple(origins)
