"""Who runs where: every process signs in, everybody keeps the list in memory, the dead vanish by themselves.

A registry is chosen by its URL: `nats://` keeps the list in a JetStream key-value bucket; `static:` takes
addresses from the URL, for Kubernetes DNS: `static:http://{service}:8080` or `static:user=http://u:1,cart=…`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from jangteo.kit.discovery.registry import LIFE_SECONDS, Instance, NoInstance, OnChange, Registry
from jangteo.kit.discovery.static import StaticRegistry

__all__ = ["LIFE_SECONDS", "Instance", "NoInstance", "OnChange", "Registry", "open_registry"]


@asynccontextmanager
async def open_registry(
    url: str, *, name: str = "registry", static: Mapping[str, str] | None = None, life: float = LIFE_SECONDS
) -> AsyncIterator[Registry]:
    """Yield the registry at `url`; services in `static` have that one address whatever the registry says.

    A registry that is not up is no error: it is asked again until it is. A process that died vanishes after
    `life` seconds, which all processes must agree on. Raises ValueError for an unknown URL.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "static":
        yield StaticRegistry(rest, static or {})
    elif scheme in ("nats", "tls"):
        from jangteo.kit.discovery.nats import NatsRegistry

        registry = NatsRegistry(url, name, static or {}, life)
        try:
            await registry.start()
            yield registry
        finally:
            await registry.close()
    else:
        raise ValueError(f"no registry for the scheme {scheme!r}; known: nats, tls, static")
