"""The services' own OpenAPI documents, fetched when somebody reads them and kept until a service changes."""

import asyncio
import logging
import time
from typing import Any

import aiohttp
import msgspec

from jangteo.gateway.openapi import merge
from jangteo.gateway.routes import services
from jangteo.kit.discovery import NoInstance, Registry

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 5.0
FETCH_SECONDS = 5.0
Json = dict[str, Any]


class Library:
    """Holds one document of each service, and the merged one as bytes."""

    def __init__(self, registry: Registry, session: aiohttp.ClientSession) -> None:
        self._registry = registry
        self._session = session
        self._documents: dict[str, Json] = {}
        self._missed: dict[str, float] = {}
        self._merged: bytes | None = None
        self._reading = asyncio.Lock()

    def forget(self, service: str) -> None:
        """Fetch the document of `service` anew next time: its instances have changed."""
        self._documents.pop(service, None)
        self._missed.pop(service, None)

    async def document(self) -> bytes:
        """Return the mall's document as JSON; the paths of a service that does not answer are missing from it."""
        async with self._reading:
            wanted = [name for name in services() if name not in self._documents and self._is_due(name)]
            if wanted or self._merged is None:
                await asyncio.gather(*map(self._fetch, wanted))
                # The order of the table, whichever came first: the document is the same each time.
                known = {name: self._documents[name] for name in services() if name in self._documents}
                self._merged = msgspec.json.encode(merge(known))
            return self._merged

    def _is_due(self, service: str) -> bool:
        missed = self._missed.get(service)
        return missed is None or time.monotonic() - missed > ASK_AGAIN_SECONDS

    async def _fetch(self, service: str) -> None:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            url = self._registry.address(service) + "/openapi.json"
            async with self._session.get(url, timeout=timeout) as response:
                response.raise_for_status()
                self._documents[service] = msgspec.json.decode(await response.read())
        except (NoInstance, aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            self._missed[service] = time.monotonic()
            log.warning("no OpenAPI document of %s: %s", service, type(error).__name__)
