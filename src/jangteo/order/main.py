"""The order service's process: its parts, and how they hang together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.contracts.people import OrderPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import idempotency, inbox
from jangteo.kit.background import running
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.inbox import Handler
from jangteo.kit.legal_archive import LegalArchive, destroying_due
from jangteo.kit.messages import Message
from jangteo.kit.people import People
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import LEGAL, WRAP, open_vault
from jangteo.kit.process import Foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.service import open_premises, opened
from jangteo.order.api import ROUTES
from jangteo.order.clients import Shop
from jangteo.order.deadlines import Deadlines
from jangteo.order.desk import Desk
from jangteo.order.handlers import handlers
from jangteo.order.people import OrderPeople
from jangteo.order.settings import OrderSettings
from jangteo.order.statistics import rolling_up
from jangteo.order.store import Orders
from jangteo.order.watch import Watch

SERVICE = "order"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    desk: Desk
    people: People
    archive: LegalArchive


@asynccontextmanager
async def assemble(settings: OrderSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(open_premises(settings, settings.database_url, settings.audit_key))
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database, parts)
        yield await stack.enter_async_context(
            opened(settings, premises, [*ROUTES, *PEOPLE_ROUTES], _heard(parts), parts._asdict())
        )


async def _open_parts(
    stack: AsyncExitStack, settings: OrderSettings, foundation: Foundation, database: Database
) -> Parts:
    watch = Watch()
    orders = Orders(settings.answer_seconds, watch.changed)
    shop = Shop(foundation.client("cart"), foundation.client("product"), foundation.client("shipping"))
    vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
    archive = LegalArchive(vault, RULES)
    people = People(SERVICE, database, OrderPeople(vault, archive), vault, archive)
    listening = await watch.listen(foundation.bus)
    stack.push_async_callback(listening.stop)
    return Parts(Desk(settings, database, orders, vault, shop, watch), people, archive)


def _heard(parts: Parts) -> dict[type[Message], Handler]:
    return {**handlers(parts.desk.orders), UserErased: forgetting(parts.people, OrderPersonErased)}


async def _keep_house(stack: AsyncExitStack, settings: OrderSettings, database: Database, parts: Parts) -> None:
    deadlines = Deadlines(
        database, parts.desk.orders, answer_seconds=settings.answer_seconds, sweep_seconds=settings.sweep_seconds
    )
    await stack.enter_async_context(running(deadlines))
    await stack.enter_async_context(destroying_due(database, parts.archive))
    await stack.enter_async_context(rolling_up(database))
    old = (inbox.retention(settings.inbox_days), idempotency.retention(settings.idempotency_hours))
    await stack.enter_async_context(pruning(database, *old))


def main() -> None:
    """Run the service until it is told to stop."""
    run(OrderSettings, SERVICE, assemble)
