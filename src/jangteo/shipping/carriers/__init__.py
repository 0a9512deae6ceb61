"""Carriers: one interface, an adapter each, by name."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from jangteo.shipping.carriers.interface import Carrier
from jangteo.shipping.carriers.sandbox import SandboxCarrier
from jangteo.shipping.settings import ShippingSettings

Carriers = Mapping[str, Carrier]


@asynccontextmanager
async def open_carriers(settings: ShippingSettings) -> AsyncIterator[Carriers]:
    """Open the carriers that are on."""
    timeout = aiohttp.ClientTimeout(total=settings.carrier_timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield {SandboxCarrier.name: SandboxCarrier(settings, session)}
