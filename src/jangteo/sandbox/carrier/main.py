"""Starts the carrier: settings, books, routes, moving parcels, webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.process import run
from jangteo.sandbox.carrier import api, commands
from jangteo.sandbox.carrier.provider import open_carrier
from jangteo.sandbox.carrier.settings import CarrierSettings
from jangteo.sandbox.housekeeping import alongside, every

HOUR = 3600.0


@asynccontextmanager
async def assemble(settings: CarrierSettings) -> AsyncIterator[Entrance]:
    """Open everything, yield the app, close everything."""
    carrier = open_carrier(settings)

    async def books() -> None:
        carrier.database.row("SELECT 1")

    with closing(carrier.database):
        async with alongside(carrier.deliveries.run(), commands.keep_moving(carrier), every(HOUR, carrier.forget_old)):
            yield create_app(settings, api.routes(carrier), title="Sandbox carrier", checks={"books": books})


def main() -> None:
    """Run until SIGTERM."""
    run(CarrierSettings, "sandbox-carrier", assemble)
