"""Wires the operations service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from jangteo.kit import audit, inbox
from jangteo.kit.audit import AuditAdvanced
from jangteo.kit.background import running
from jangteo.kit.http.app import create_app
from jangteo.kit.http.client import open_session
from jangteo.kit.inbox import subscribe
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.process import Foundation, open_foundation, run
from jangteo.kit.pruning import pruning
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
async def assemble(settings: OperationsSettings) -> AsyncIterator[Any]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url, max_size=4))
        audit.keep(database, SERVICE, settings.audit_key)
        await stack.enter_async_context(running(Relay(database, foundation.bus, source=SERVICE)))
        parts = await _open_parts(stack, settings, foundation, database)
        subscription = await subscribe(foundation.bus, database, SERVICE, {AuditAdvanced: on_audit_advanced})
        stack.push_async_callback(subscription.stop)
        await _keep_house(stack, settings, database)
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            ROUTES,
            title="Operations",
            dependencies=parts._asdict(),
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
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
