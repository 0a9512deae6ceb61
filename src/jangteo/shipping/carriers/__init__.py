"""Carriers: one interface, an adapter each, by name."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from jangteo.kit.settings import SettingsError
from jangteo.shipping.carriers.interface import Carrier
from jangteo.shipping.carriers.sandbox import SandboxCarrier
from jangteo.shipping.settings import ShippingSettings

_ADAPTERS: dict[str, Callable[[ShippingSettings, aiohttp.ClientSession], Carrier]] = {
    SandboxCarrier.name: SandboxCarrier
}


class Carriers(dict[str, Carrier]):
    """The carriers that are on, by name."""


@asynccontextmanager
async def open_carriers(settings: ShippingSettings) -> AsyncIterator[Carriers]:
    """Open every carrier: parcels on their way with another than the one for new ones are followed, too.

    Raises SettingsError where nobody has written an adapter for the one for new parcels.
    """
    if settings.carrier not in _ADAPTERS:
        raise SettingsError(f"JANGTEO_CARRIER: no carrier is called {settings.carrier!r}, but {', '.join(_ADAPTERS)}")
    timeout = aiohttp.ClientTimeout(total=settings.carrier_timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Carriers({name: adapter(settings, session) for name, adapter in _ADAPTERS.items()})
