"""Makes changes known: a document is written first, then its event, and a sweep tells what a crash kept back.

The document cannot be in the transaction of the outbox. It carries a mark until its event is in the outbox, so an
event may be told twice, but is never lost.
"""

from collections.abc import Sequence

from jangteo.contracts.product import ProductChanged
from jangteo.kit.postgres import Database, Transaction
from jangteo.product.catalogue import register
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.domain.catalogue import Product
from jangteo.product.stock.store import add_items


async def announce(catalogue: Catalogue, database: Database, tenant: str, products: Sequence[Product]) -> None:
    """Begin to keep stock of the SKUs of `products` and tell everybody that these changed."""
    async with database.transaction(tenant) as transaction:
        await tell(transaction, products)
    await catalogue.announced(tenant, products)


async def tell(transaction: Transaction, products: Sequence[Product]) -> None:
    """Begin to keep stock of the SKUs of `products`, register them and send their events, if this commits."""
    await add_items(transaction, {variant.sku: product.id for product in products for variant in product.variants})
    await register.enter(transaction, products)
    transaction.send(*(ProductChanged(product_id=product.id, version=product.version) for product in products))


async def announce_forgotten(catalogue: Catalogue, database: Database) -> int:
    """Announce what was written but may not have been told; return how many products that were."""
    found = await catalogue.unannounced()
    for tenant, products in found.items():
        await announce(catalogue, database, tenant, products)
    return sum(map(len, found.values()))
