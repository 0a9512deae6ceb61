"""Wires the operations service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.kit import inbox
from jangteo.kit.audit import AuditAdvanced
from jangteo.kit.http.client import open_session
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.postgres import Database
from jangteo.kit.process import Foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.service import open_premises, opened
from jangteo.kit.settings import LOCAL
from jangteo.operations.api import ROUTES
from jangteo.operations.handlers import on_audit_advanced
from jangteo.operations.parking import Desk
from jangteo.operations.settings import OperationsSettings
from jangteo.operations.watching import Reception, Watch

SERVICE = "operations"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    desk: Desk
    reception: Reception


@asynccontextmanager
async def assemble(settings: OperationsSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(
            open_premises(settings, settings.database_url, settings.audit_key, max_size=4)
        )
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database)
        yield await stack.enter_async_context(
            opened(settings, premises, ROUTES, {AuditAdvanced: on_audit_advanced}, parts._asdict())
        )


async def _open_parts(
    stack: AsyncExitStack, settings: OperationsSettings, foundation: Foundation, database: Database
) -> Parts:
    session = await stack.enter_async_context(open_session())
    watch = Watch(
        foundation.registry,
        session,
        database.clock,
        settings.watched_addresses,
        tell_addresses=settings.environment == LOCAL,
    )
    return Parts(Desk(database, foundation.bus), Reception(database, watch))


async def _keep_house(stack: AsyncExitStack, settings: OperationsSettings, database: Database) -> None:
    await stack.enter_async_context(pruning(database, inbox.retention(settings.inbox_days)))


def main() -> None:
    """Run the service until it is told to stop."""
    run(OperationsSettings, SERVICE, assemble)
