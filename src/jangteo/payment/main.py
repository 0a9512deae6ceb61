"""The payment service's wiring: commands in, provider calls out, webhooks in, outcomes told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.contracts.people import PaymentPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import audit, idempotency, inbox
from jangteo.kit.background import running
from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.inbox import Handler, subscribe
from jangteo.kit.legal_archive import LegalArchive, destroying_due
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay
from jangteo.kit.people import People
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.privacy import LEGAL, WRAP, open_vault
from jangteo.kit.process import Foundation, open_foundation, run
from jangteo.kit.pruning import pruning
from jangteo.payment import store
from jangteo.payment.api import ROUTES
from jangteo.payment.desk import Desk
from jangteo.payment.handlers import handlers
from jangteo.payment.people import PaymentPeople
from jangteo.payment.providers import Providers, open_providers
from jangteo.payment.queries import Queries
from jangteo.payment.settings import PaymentSettings

SERVICE = "payment"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    database: Database
    providers: Providers
    desk: Desk
    queries: Queries
    people: People
    archive: LegalArchive


@asynccontextmanager
async def assemble(settings: PaymentSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url))
        audit.keep(database, SERVICE, settings.audit_key)
        await stack.enter_async_context(running(Relay(database, foundation.bus, source=SERVICE)))
        parts = await _open_parts(stack, settings, foundation, database)
        subscription = await subscribe(foundation.bus, database, SERVICE, _heard(settings, parts))
        stack.push_async_callback(subscription.stop)
        await _keep_house(stack, settings, database, parts)
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *PEOPLE_ROUTES],
            title="Payment",
            dependencies=parts._asdict(),
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )


async def _open_parts(
    stack: AsyncExitStack, settings: PaymentSettings, foundation: Foundation, database: Database
) -> Parts:
    providers = await stack.enter_async_context(open_providers(settings))
    desk = Desk(
        database,
        providers,
        patience=settings.patience(),
        default_currency=settings.default_currency,
        sweep_every=settings.sweep_every,
    )
    await stack.enter_async_context(running(desk))
    vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
    archive = LegalArchive(vault, RULES)
    people = People(SERVICE, database, PaymentPeople(archive), vault, archive)
    return Parts(database, providers, desk, Queries(database), people, archive)


def _heard(settings: PaymentSettings, parts: Parts) -> dict[type[Message], Handler]:
    return {
        **handlers(parts.desk, settings.default_currency),
        UserErased: forgetting(parts.people, PaymentPersonErased),
    }


async def _keep_house(stack: AsyncExitStack, settings: PaymentSettings, database: Database, parts: Parts) -> None:
    await stack.enter_async_context(destroying_due(database, parts.archive))
    old = (
        inbox.retention(settings.inbox_days),
        idempotency.retention(settings.idempotency_hours),
        store.webhook_retention(settings.webhook_days),
    )
    await stack.enter_async_context(pruning(database, *old))


def main() -> None:
    """Run the service until it is told to stop."""
    run(PaymentSettings, SERVICE, assemble)
