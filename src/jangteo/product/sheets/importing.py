"""Does imports, some products at a time: documents first, then in one transaction events, stock and how far it is."""

import asyncio
import logging
from collections.abc import Sequence

from jangteo.kit.postgres import Database
from jangteo.product.catalogue.announcing import announce, tell
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.sheets import jobs
from jangteo.product.sheets.checking import Surroundings, checked
from jangteo.product.sheets.columns import KEY, SKU
from jangteo.product.sheets.composing import Composed, compose
from jangteo.product.sheets.jobs import Counts, Job
from jangteo.product.sheets.reading import Line
from jangteo.product.sheets.writing import Group, Outcome, Writer, Written, own_id
from jangteo.product.stock.opening import take_in_untouched

log = logging.getLogger(__name__)

AT_ONCE = 200


class Importer:
    """Works on imports of all shops, one batch at a time."""

    def __init__(self, catalogue: Catalogue, database: Database) -> None:
        self._catalogue = catalogue
        self._database = database

    async def work(self) -> int:
        """Deal with the next batch of some import; return how many rows that were. Raises Unavailable."""
        job = await jobs.claim(self._database)
        if job is None:
            return 0
        rows = await jobs.rows_of(self._database, job, AT_ONCE)
        if job.attempts > jobs.MAX_ATTEMPTS:
            await self._give_up(job, list(rows.values()))
            return 0
        groups = await self._understand(job, list(rows.values()))
        written = await Writer(self._catalogue, self._database, job).write(groups)
        return await self._finish(job, min(job.next_group + AT_ONCE, job.groups), written)

    async def _give_up(self, job: Job, groups: Sequence[Sequence[Line]]) -> None:
        """End an import that no attempt brings on; products that it has written nevertheless are told of first."""
        ids = [own_id(job, lines[0].cells[KEY].strip()) for lines in groups]
        left = await self._catalogue.by_ids(job.tenant, ids)
        await announce(self._catalogue, self._database, job.tenant, left)
        await jobs.give_up(self._database, job)
        log.error("an import is given up", extra={"import": str(job.id)})

    async def _understand(self, job: Job, groups: Sequence[Sequence[Line]]) -> list[Group]:
        slugs = [lines[0].cells[KEY].strip() for lines in groups]
        before = {product.slug: product for product in await self._catalogue.by_slugs(job.tenant, slugs)}

        def compose_all() -> list[Composed]:
            return [compose(slug, lines, before.get(slug)) for slug, lines in zip(slugs, groups, strict=True)]

        composed = await asyncio.to_thread(compose_all)
        around = await self._surroundings(job, groups, composed)
        return [
            Group(slug, lines, before.get(slug), checked(slug, lines, one, around))
            for slug, lines, one in zip(slugs, groups, composed, strict=True)
        ]

    async def _surroundings(
        self, job: Job, groups: Sequence[Sequence[Line]], composed: Sequence[Composed]
    ) -> Surroundings:
        skus = sorted({line.cells[SKU].strip() for lines in groups for line in lines})
        named = {picture.name for one in composed if one.content for picture in one.content.pictures}
        return Surroundings(
            repeated=await jobs.repeated_skus(self._database, job, skus),
            owners={
                variant.sku: product.slug
                for product in await self._catalogue.by_skus(job.tenant, skus)
                for variant in product.variants
            },
            categories={category.code for category in await self._catalogue.categories(job.tenant)},
            pictures=await self._catalogue.known_pictures(job.tenant, named),
        )

    async def _finish(self, job: Job, upto: int, written: Sequence[Written]) -> int:
        products = [one.product for one in written if one.product is not None]
        faults = [fault for one in written for fault in one.composed.faults]
        opening = {sku: count for one in written for sku, count in one.composed.opening.items()}
        counts = _counted(written)
        async with self._database.transaction(job.tenant) as transaction:
            await jobs.advance(transaction, job, upto, counts, faults)
            await tell(transaction, products)
            await take_in_untouched(transaction, opening, f"import {job.id}")
        # New ones bear no mark: an import that dies before this is done again, and tells of them then.
        changed = [one.product for one in written if one.product is not None and one.outcome is Outcome.CHANGED]
        await self._catalogue.announced(job.tenant, changed)
        if upto >= job.groups:
            log.info("an import is done", extra={"import": str(job.id)})
        return counts.rows


def _counted(written: Sequence[Written]) -> Counts:
    rows = dict.fromkeys(Outcome, 0)
    for one in written:
        rows[one.outcome] += len(one.group.lines)
    return Counts(**{outcome.value: count for outcome, count in rows.items()})
