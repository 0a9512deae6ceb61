"""The order service's process: its parts, and how they hang together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jangteo.contracts.people import OrderPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import audit, idempotency, inbox
from jangteo.kit.http.app import create_app
from jangteo.kit.inbox import Handler, subscribe
from jangteo.kit.legal_archive import LegalArchive, destroying_due
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay
from jangteo.kit.people import People
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import LEGAL, WRAP, open_vault
from jangteo.kit.process import open_foundation, run
from jangteo.kit.pruning import pruning
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


@asynccontextmanager
async def assemble(settings: OrderSettings) -> AsyncIterator[Any]:
    """Open everything the service stands on, and yield its app."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url))
        audit.keep(database, SERVICE, settings.audit_key)
        relay = Relay(database, foundation.bus, source=SERVICE)
        await relay.start()
        stack.push_async_callback(relay.stop)
        watch = Watch()
        orders = Orders(settings.answer_seconds, watch.changed)
        shop = Shop(foundation.client("cart"), foundation.client("product"), foundation.client("shipping"))
        vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
        archive = LegalArchive(vault, RULES)
        people = People(SERVICE, database, OrderPeople(vault, archive), vault, archive)
        await stack.enter_async_context(destroying_due(database, archive))
        desk = Desk(settings, database, orders, vault, shop, watch)
        listening = await watch.listen(foundation.bus)
        stack.push_async_callback(listening.stop)
        deadlines = Deadlines(
            database, orders, answer_seconds=settings.answer_seconds, sweep_seconds=settings.sweep_seconds
        )
        await deadlines.start()
        stack.push_async_callback(deadlines.stop)
        heard: dict[type[Message], Handler] = {**handlers(orders), UserErased: forgetting(people, OrderPersonErased)}
        subscription = await subscribe(foundation.bus, database, SERVICE, heard)
        stack.push_async_callback(subscription.stop)
        old = (inbox.retention(settings.inbox_days), idempotency.retention(settings.idempotency_hours))
        await stack.enter_async_context(pruning(database, *old))
        await stack.enter_async_context(rolling_up(database))
        app = create_app(
            settings,
            [*ROUTES, *PEOPLE_ROUTES],
            title="Order",
            dependencies={"desk": desk, "people": people},
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )
        address = f"http://{settings.host}:{settings.port}"
        await stack.enter_async_context(foundation.registry.registered(SERVICE, address))
        yield app


def main() -> None:
    """Run until told to stop."""
    run(OrderSettings, SERVICE, assemble)
