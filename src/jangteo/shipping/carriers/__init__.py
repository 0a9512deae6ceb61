"""Carriers: one interface, an adapter each, by name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from jangteo.shipping.carriers.interface import Carrier
from jangteo.shipping.carriers.sandbox import SandboxCarrier
from jangteo.shipping.settings import ShippingSettings


class Carriers(dict[str, Carrier]):
    """The carriers that are on, by name."""


@asynccontextmanager
async def open_carriers(settings: ShippingSettings) -> AsyncIterator[Carriers]:
    """Open the carriers that are on."""
    timeout = aiohttp.ClientTimeout(total=settings.carrier_timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Carriers({SandboxCarrier.name: SandboxCarrier(settings, session)})
