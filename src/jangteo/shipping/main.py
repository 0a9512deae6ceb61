"""The shipping service's wiring: commands in, carriers called, their notices in, parcels' whereabouts out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jangteo.contracts.people import ShippingPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import audit, inbox
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
from jangteo.shipping.api import ROUTES
from jangteo.shipping.carriers import open_carriers
from jangteo.shipping.clients import Addresses
from jangteo.shipping.desk import Desk
from jangteo.shipping.fees import Tariff
from jangteo.shipping.handlers import handlers
from jangteo.shipping.people import ShippingPeople
from jangteo.shipping.queries import Shipments
from jangteo.shipping.settings import ShippingSettings

SERVICE = "shipping"


@asynccontextmanager
async def assemble(settings: ShippingSettings) -> AsyncIterator[Any]:
    """Open everything the service needs, in order."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url))
        audit.keep(database, SERVICE, settings.audit_key)
        relay = Relay(database, foundation.bus, source=SERVICE)
        await relay.start()
        stack.push_async_callback(relay.stop)
        carriers = await stack.enter_async_context(open_carriers(settings))
        vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
        archive = LegalArchive(vault, RULES)
        people = People(SERVICE, database, ShippingPeople(vault, archive), vault, archive)
        await stack.enter_async_context(destroying_due(database, archive))
        desk = Desk(
            database,
            vault,
            Addresses(foundation.client("order")),
            carriers,
            work_seconds=settings.work_seconds,
            sweep_seconds=settings.sweep_every,
            poll_after=settings.poll_after,
        )
        await desk.start()
        stack.push_async_callback(desk.stop)
        heard: dict[type[Message], Handler] = {
            **handlers(settings.carrier, desk, settings.ships_by_hand),
            UserErased: forgetting(people, ShippingPersonErased),
        }
        subscription = await subscribe(foundation.bus, database, SERVICE, heard)
        stack.push_async_callback(subscription.stop)
        await stack.enter_async_context(pruning(database, inbox.retention(settings.inbox_days)))
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *PEOPLE_ROUTES],
            title="Shipping",
            dependencies={
                "tariff": _tariff(settings),
                "shipments": Shipments(database, vault),
                "carriers": carriers,
                "database": database,
                "settings": settings,
                "people": people,
            },
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )


def _tariff(settings: ShippingSettings) -> Tariff:
    return Tariff(
        base_fee=settings.base_fee,
        free_over=settings.free_over,
        jeju_surcharge=settings.jeju_surcharge,
        island_surcharge=settings.island_surcharge,
        heavy_fee_per_step=settings.heavy_fee_per_step,
    )


def main() -> None:
    """Run the service until it is told to stop."""
    run(ShippingSettings, SERVICE, assemble)
