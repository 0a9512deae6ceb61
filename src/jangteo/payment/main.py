"""The payment service's wiring: commands in, provider calls out, webhooks in, outcomes told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.contracts.people import PaymentPersonErased, UserErased, forgetting
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
        premises = await stack.enter_async_context(open_premises(settings, settings.database_url, settings.audit_key))
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database, parts)
        yield await stack.enter_async_context(
            opened(settings, premises, [*ROUTES, *PEOPLE_ROUTES], _heard(settings, parts), parts._asdict())
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
