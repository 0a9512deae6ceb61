"""Wires the product service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jangteo.kit import idempotency, inbox
from jangteo.kit.documents import open_documents
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.postgres import Database
from jangteo.kit.process import Foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.service import open_premises, opened
from jangteo.product.api import routes
from jangteo.product.background import repeated
from jangteo.product.catalogue.announcing import announce_forgotten
from jangteo.product.catalogue.commands import Commands
from jangteo.product.catalogue.listing import Listings
from jangteo.product.catalogue.publishing import fill_registers, publish_due
from jangteo.product.catalogue.showcase import Showcase
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.catalogue.trees import Trees
from jangteo.product.handlers import HANDLERS
from jangteo.product.news import Newsroom
from jangteo.product.popularity import tell_changes
from jangteo.product.search.building import Builder
from jangteo.product.search.keeper import Keeper
from jangteo.product.settings import ProductSettings
from jangteo.product.sheets import jobs
from jangteo.product.sheets.importing import Importer
from jangteo.product.stock.commands import expire_due

SERVICE = "product"
_HOUR = 3600.0


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    database: Database
    catalogue: Catalogue
    commands: Commands
    keeper: Keeper
    listings: Listings
    showcase: Showcase


@asynccontextmanager
async def assemble(settings: ProductSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(
            open_premises(settings, settings.database_url, settings.audit_key, plan_once=True)
        )
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database, parts)
        checks = {"documents": parts.catalogue.check, "search": parts.keeper.check}
        yield await stack.enter_async_context(
            opened(settings, premises, routes(parts.listings, parts.showcase), HANDLERS, parts._asdict(), checks=checks)
        )


async def _open_parts(
    stack: AsyncExitStack, settings: ProductSettings, foundation: Foundation, database: Database
) -> Parts:
    catalogue = Catalogue(await stack.enter_async_context(open_documents(settings.mongodb_url)))
    await catalogue.prepare()
    trees = Trees(catalogue)
    showcase = Showcase(catalogue, database, trees)
    news = Newsroom(showcase, trees)
    builder = Builder(catalogue, database, trees)
    keeper = Keeper(builder, Path(settings.state_dir) / "search", settings.tenants, news.found_anew)
    listings = Listings(keeper, showcase, trees)
    await news.follow(foundation.bus, keeper, listings)
    keeper.start()
    stack.push_async_callback(keeper.stop)
    return Parts(database, catalogue, Commands(catalogue, database, trees), keeper, listings, showcase)


async def _keep_house(stack: AsyncExitStack, settings: ProductSettings, database: Database, parts: Parts) -> None:
    catalogue = parts.catalogue
    for name, seconds, work in (
        ("the expiry of holds", settings.expiry_sweep_seconds, partial(expire_due, database)),
        ("the register", _HOUR, partial(fill_registers, catalogue, database, settings.tenants)),
        ("the imports", settings.import_sweep_seconds, Importer(catalogue, database).work),
        ("the popularity", settings.popularity_sweep_seconds, partial(tell_changes, database)),
        ("the publishing", settings.publish_sweep_seconds, partial(publish_due, catalogue, database)),
        ("the announcing", settings.announce_sweep_seconds, partial(announce_forgotten, catalogue, database)),
    ):
        await stack.enter_async_context(repeated(name, seconds, work))
    old = (
        inbox.retention(settings.inbox_days),
        idempotency.retention(settings.idempotency_hours),
        jobs.retention(),
    )
    await stack.enter_async_context(pruning(database, *old))


def main() -> None:
    """Run the service until it is told to stop."""
    run(ProductSettings, SERVICE, assemble)
