"""The payment service's wiring: commands in, provider calls out, webhooks in, outcomes told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from jangteo.contracts.people import PaymentPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import audit, idempotency, inbox
from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
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
from jangteo.payment import store
from jangteo.payment.api import ROUTES
from jangteo.payment.desk import Desk
from jangteo.payment.handlers import handlers
from jangteo.payment.people import PaymentPeople
from jangteo.payment.providers import open_providers
from jangteo.payment.queries import Queries
from jangteo.payment.settings import PaymentSettings

SERVICE = "payment"


@asynccontextmanager
async def assemble(settings: PaymentSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url))
        audit.keep(database, SERVICE, settings.audit_key)
        relay = Relay(database, foundation.bus, source=SERVICE)
        await relay.start()
        stack.push_async_callback(relay.stop)
        providers = await stack.enter_async_context(open_providers(settings))
        desk = Desk(
            database,
            providers,
            patience=settings.patience(),
            default_currency=settings.default_currency,
            sweep_every=settings.sweep_every,
        )
        await desk.start()
        stack.push_async_callback(desk.stop)
        vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
        archive = LegalArchive(vault, RULES)
        people = People(SERVICE, database, PaymentPeople(archive), vault, archive)
        await stack.enter_async_context(destroying_due(database, archive))
        commands: dict[type[Message], Handler] = {
            **handlers(desk, settings.default_currency),
            UserErased: forgetting(people, PaymentPersonErased),
        }
        subscription = await subscribe(foundation.bus, database, SERVICE, commands)
        stack.push_async_callback(subscription.stop)
        old = (inbox.retention(settings.inbox_days), idempotency.retention(settings.idempotency_hours))
        await stack.enter_async_context(pruning(database, *old, store.webhook_retention(settings.webhook_days)))
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *PEOPLE_ROUTES],
            title="Payment",
            dependencies={
                "database": database,
                "providers": providers,
                "desk": desk,
                "queries": Queries(database),
                "people": people,
            },
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )


def main() -> None:
    """Run the service until it is told to stop."""
    run(PaymentSettings, SERVICE, assemble)
