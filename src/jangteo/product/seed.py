"""Fills the demo shops where they are empty. Killed half way, it goes on from there the next time.

A batch of products is written before its stock and its events, with numbers that only grow: what is missing is
what has a higher number than the last product, or stock without a movement.
"""

import asyncio
import sys
from collections.abc import Sequence

from jangteo.kit.bus import connect
from jangteo.kit.documents import open_documents
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.settings import load
from jangteo.product.catalogue.announcing import tell
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.demo.generator import Made, generate, make_categories
from jangteo.product.reindex import reindex
from jangteo.product.settings import ProductSettings
from jangteo.product.stock.opening import take_in_untouched

SMALL_SHOP = 24
REFERENCE = "demo"
# A service that starts builds the index that is missing, a millisecond a product; with more than these products it
# would be taken for one that does not start.
LARGE_SHOP = 20_000
_BATCH = 250


async def seed(settings: ProductSettings) -> dict[str, int]:
    """Make what is missing in every shop; return how many products each got."""
    made: dict[str, int] = {}
    async with open_database(settings.database_url) as database, open_documents(settings.mongodb_url) as documents:
        catalogue = Catalogue(documents)
        await catalogue.prepare()
        bus = await connect(settings.bus_url, name="product-seed")
        relay = Relay(database, bus, source="product")
        await relay.start()
        try:
            for tenant in settings.tenants:
                main_shop = tenant == settings.default_tenant
                count = settings.demo_products if main_shop else SMALL_SHOP
                made[tenant] = await seed_shop(catalogue, database, tenant, count)
        finally:
            await relay.stop()
            await bus.close()
    return made


async def seed_shop(catalogue: Catalogue, database: Database, tenant: str, count: int) -> int:
    """Make categories, pictures, products and stock of one shop; a shop that somebody else filled is left alone."""
    first = next(generate(1, shop=tenant)).product
    if not await catalogue.is_empty(tenant) and not await catalogue.by_ids(tenant, [first.id]):
        return 0
    known = {category.code for category in await catalogue.categories(tenant)}
    for category in make_categories():
        if category.code not in known:
            await catalogue.put_category(tenant, category)
    batch: list[Made] = []
    added = 0
    for made in generate(count, shop=tenant):
        batch.append(made)
        if len(batch) == _BATCH or made.product.number == count:
            added += await _add(catalogue, database, tenant, batch)
            batch = []
    return added


async def _add(catalogue: Catalogue, database: Database, tenant: str, batch: Sequence[Made]) -> int:
    pictures = {drawing.name: drawing.content for made in batch for drawing in made.drawings}
    await catalogue.put_pictures(tenant, pictures, "image/svg+xml")
    known = {product.id for product in await catalogue.by_ids(tenant, [made.product.id for made in batch])}
    new = [made.product for made in batch if made.product.id not in known]
    if new:
        await catalogue.next_number(tenant, len(new))
        # Unmarked: whatever a crash leaves without stock is told again below, and updating marks is dear.
        await catalogue.add(tenant, new, marked=False)
    if new or await _lacks_stock(database, tenant, batch):
        async with database.transaction(tenant) as transaction:
            await tell(transaction, [made.product for made in batch])
            opening = {sku: left for made in batch for sku, left in made.stock.items()}
            await take_in_untouched(transaction, opening, REFERENCE)
    return len(new)


async def _lacks_stock(database: Database, tenant: str, batch: Sequence[Made]) -> bool:
    stocked = [sku for made in batch for sku, left in made.stock.items() if left]
    async with database.read(tenant) as reader:
        found = await reader.fetch(
            "SELECT DISTINCT sku FROM stock_ledger WHERE tenant = $1 AND sku = ANY($2)", tenant, stocked
        )
    return len(found) < len(stocked)


def main() -> int:
    """Run in the environment of the product service; return the exit code."""
    settings = load(ProductSettings, "product")
    made = asyncio.run(seed(settings))
    main_shop = settings.default_tenant
    if settings.demo_products > LARGE_SHOP and made.get(main_shop):
        asyncio.run(reindex(settings, [main_shop]))
    sys.stderr.write("".join(f"{tenant}: {count} products made\n" for tenant, count in made.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
