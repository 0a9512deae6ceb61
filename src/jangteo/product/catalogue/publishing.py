"""Publishes drafts whose time has come, and fills the register of a shop that was there before it."""

import msgspec

from jangteo.kit.postgres import Database
from jangteo.product.catalogue import register
from jangteo.product.catalogue.announcing import announce
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.domain.catalogue import Status
from jangteo.product.domain.publishing import is_due

AT_ONCE = 100


async def publish_due(catalogue: Catalogue, database: Database) -> int:
    """Publish what is due; return how many products that were. An edit in the same moment wins, and is looked at next.

    Raises Unavailable. What a crash leaves between document and event is told by the sweep of `announcing`.
    """
    now, published = database.clock.now(), 0
    for tenant, product_id in await register.due(database, now, AT_ONCE):
        found = await catalogue.by_ids(tenant, [product_id])
        due = [product for product in found if is_due(product, now)]
        for product in due:
            after = msgspec.structs.replace(
                product, status=Status.PUBLISHED, publish_at=None, version=product.version + 1, changed_at=now
            )
            if await catalogue.replace(tenant, after):
                await announce(catalogue, database, tenant, [after])
                published += 1
        if found and not due:  # the register is behind its document
            await announce(catalogue, database, tenant, found)
    return published


async def fill_registers(catalogue: Catalogue, database: Database, tenants: tuple[str, ...]) -> int:
    """Register the products of shops that have documents but no row; return how many products that were."""
    entered = 0
    for tenant in tenants:
        if not await register.is_empty(database, tenant):
            continue
        async for products in catalogue.stretches(tenant):
            async with database.transaction(tenant) as transaction:
                await register.enter(transaction, products)
            entered += len(products)
    return entered
