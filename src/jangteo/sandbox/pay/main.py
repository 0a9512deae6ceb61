"""Starts the card processor: settings, books, routes, webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.process import run
from jangteo.sandbox.housekeeping import alongside, every
from jangteo.sandbox.pay import api, commands
from jangteo.sandbox.pay.provider import open_pay
from jangteo.sandbox.pay.settings import PaySettings

HOUR = 3600.0


@asynccontextmanager
async def assemble(settings: PaySettings) -> AsyncIterator[Entrance]:
    """Open everything, yield the app, close everything."""
    pay = open_pay(settings)

    async def books() -> None:
        pay.database.row("SELECT 1")

    with closing(pay.database):
        async with alongside(
            pay.deliveries.run(),
            every(settings.sweep_every, lambda: commands.expire_overdue(pay)),
            every(HOUR, pay.forget_old),
        ):
            yield create_app(settings, api.routes(pay), title="Sandbox card processor", checks={"books": books})


def main() -> None:
    """Run until SIGTERM."""
    run(PaySettings, "sandbox-pay", assemble)
