"""The shipping service's wiring: commands in, carriers called, their notices in, parcels' whereabouts out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.contracts.people import ShippingPersonErased, UserErased, forgetting
from jangteo.contracts.retention import RULES
from jangteo.kit import inbox
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
from jangteo.shipping.api import ROUTES
from jangteo.shipping.carriers import Carriers, open_carriers
from jangteo.shipping.clients import Addresses
from jangteo.shipping.desk import Desk
from jangteo.shipping.fees import Tariff
from jangteo.shipping.handlers import handlers
from jangteo.shipping.people import ShippingPeople
from jangteo.shipping.queries import Shipments
from jangteo.shipping.settings import ShippingSettings

SERVICE = "shipping"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    settings: ShippingSettings
    database: Database
    carriers: Carriers
    desk: Desk
    tariff: Tariff
    shipments: Shipments
    people: People
    archive: LegalArchive


@asynccontextmanager
async def assemble(settings: ShippingSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(open_premises(settings, settings.database_url, settings.audit_key))
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database, parts)
        yield await stack.enter_async_context(
            opened(settings, premises, [*ROUTES, *PEOPLE_ROUTES], _heard(settings, parts), parts._asdict())
        )


async def _open_parts(
    stack: AsyncExitStack, settings: ShippingSettings, foundation: Foundation, database: Database
) -> Parts:
    carriers = await stack.enter_async_context(open_carriers(settings))
    vault = await stack.enter_async_context(open_vault(settings, database, (WRAP, LEGAL)))
    archive = LegalArchive(vault, RULES)
    people = People(SERVICE, database, ShippingPeople(vault, archive), vault, archive)
    desk = Desk(
        database,
        vault,
        Addresses(foundation.client("order")),
        carriers,
        work_seconds=settings.work_seconds,
        sweep_seconds=settings.sweep_every,
        poll_after=settings.poll_after,
    )
    await stack.enter_async_context(running(desk))
    shipments = Shipments(database, vault)
    return Parts(settings, database, carriers, desk, _tariff(settings), shipments, people, archive)


def _heard(settings: ShippingSettings, parts: Parts) -> dict[type[Message], Handler]:
    commands = handlers(settings.carrier, parts.desk, settings.ships_by_hand)
    return {**commands, UserErased: forgetting(parts.people, ShippingPersonErased)}


async def _keep_house(stack: AsyncExitStack, settings: ShippingSettings, database: Database, parts: Parts) -> None:
    await stack.enter_async_context(destroying_due(database, parts.archive))
    await stack.enter_async_context(pruning(database, inbox.retention(settings.inbox_days)))


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
