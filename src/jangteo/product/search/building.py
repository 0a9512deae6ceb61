"""Brings an index in line with the catalogue: what differs is written, what is gone is dropped."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from jangteo.kit.postgres import Database
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.catalogue.trees import Trees
from jangteo.product.domain.catalogue import Status, lineage
from jangteo.product.domain.stock import Level
from jangteo.product.popularity import read_all_units, read_units
from jangteo.product.search.index import Listing, ProductIndex
from jangteo.product.search.schema import mark_of
from jangteo.product.search.shelf import Shelf
from jangteo.product.stock.queries import product_level, read_all_levels, read_levels

_AT_ONCE = 500


class Builder:
    """Reads the catalogue and writes indexes; one change of one index at a time is its caller's care."""

    def __init__(self, catalogue: Catalogue, database: Database, trees: Trees) -> None:
        self._catalogue = catalogue
        self._database = database
        self._trees = trees

    async def create(self, shelf: Shelf, tenant: str) -> tuple[str, ProductIndex]:
        """Make an empty index whose lexicon knows the names of the shop's products."""
        published = await self._catalogue.published(tenant)
        names = [name for _, name in published.values()]
        return await asyncio.to_thread(shelf.create, names)

    async def reconcile(self, tenant: str, index: ProductIndex) -> int:
        """Write whatever differs between catalogue and index; return how many products that were."""
        published = await self._catalogue.published(tenant)
        levels = await read_all_levels(self._database, tenant)
        units = await read_all_units(self._database, tenant)
        marks = await asyncio.to_thread(index.marks)
        stale = [
            product_id
            for product_id, (version, _) in published.items()
            if marks.get(product_id) != mark_of(version, levels.get(product_id, Level.OUT), units.get(product_id, 0))
        ]
        gone = [product_id for product_id in marks if product_id not in published]
        await self.refresh(tenant, index, [*stale, *gone])
        return len(stale) + len(gone)

    async def refresh(self, tenant: str, index: ProductIndex, ids: Sequence[UUID]) -> None:
        """Write products as they are now; those not published any more are dropped."""
        for start in range(0, len(ids), _AT_ONCE):
            wanted = ids[start : start + _AT_ONCE]
            products = await self._catalogue.by_ids(tenant, wanted)
            levels = await read_levels(self._database, tenant, wanted)
            units = await read_units(self._database, tenant, wanted)
            categories = await self._trees.of(tenant)
            put = [
                Listing(
                    product,
                    lineage(product.category, categories),
                    product_level(levels[product.id], [variant.sku for variant in product.variants]),
                    units.get(product.id, 0),
                )
                for product in products
                if product.status is Status.PUBLISHED
            ]
            shown = {listing.product.id for listing in put}
            drop = [product_id for product_id in wanted if product_id not in shown]
            is_last = start + _AT_ONCE >= len(ids)
            await asyncio.to_thread(partial(index.change, put, drop, commit=is_last))
