"""Writes the products of a batch as documents. Done again after a crash, it finds them as it wants them.

A product gets an id by its import and its address, so that one that a crash left is known as this import's own.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Conflict, JangteoError, Unavailable
from jangteo.kit.postgres import Database
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.domain.catalogue import Content, Product
from jangteo.product.sheets.composing import Composed, compose, refused
from jangteo.product.sheets.jobs import Job
from jangteo.product.sheets.reading import Line

ATTEMPTS = 3


class EditedMeanwhile(Conflict):
    """Somebody edits the product again and again while it is imported."""

    code = "import.edited_meanwhile"
    ko = "등록하는 동안 다른 사람이 상품을 수정했습니다."
    en = "Somebody else edited the product during the import."


class Outcome(StrEnum):
    """What became of the rows of a product."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Group(Struct, frozen=True):
    """The rows of one product and what they come to; `before` is the product as it is now."""

    slug: str
    lines: Sequence[Line]
    before: Product | None
    composed: Composed


class Written(Struct, frozen=True):
    """What became of a group; `product` is as it is now, where it has to be told."""

    group: Group
    outcome: Outcome
    composed: Composed
    product: Product | None = None


class Writer:
    """Writes for one import."""

    def __init__(self, catalogue: Catalogue, database: Database, job: Job) -> None:
        self._catalogue = catalogue
        self._database = database
        self._job = job

    async def write(self, groups: Sequence[Group]) -> list[Written]:
        """Return what became of each group. Raises Unavailable; what was written until then is found again."""
        found: dict[str, Written] = {}
        wanted: dict[str, tuple[Group, Product]] = {}
        for group in groups:
            product = self._wanted(group.slug, group.composed, group.before)
            if isinstance(product, Product):
                wanted[group.slug] = (group, product)
            else:
                found[group.slug] = self._as_it_is(group, group.composed, group.before)
        await self._note([product for _, product in wanted.values()])
        new = {slug: pair for slug, pair in wanted.items() if pair[0].before is None}
        found |= await self._add(new)
        for slug, (group, product) in wanted.items():
            if slug not in new:
                found[slug] = await self._replace(group, product)
        return [found[group.slug] for group in groups]

    def _wanted(self, slug: str, composed: Composed, before: Product | None) -> Product | None:
        """Return the next version of a product, None where there is nothing to write."""
        if composed.content is None or (before is not None and _content_of(before) == composed.content):
            return None
        now, values = self._database.clock.now(), msgspec.structs.asdict(composed.content)
        if before is None:
            return Product(**values, id=own_id(self._job, slug), number=0, version=1, created_at=now, changed_at=now)
        return msgspec.structs.replace(before, **values, version=before.version + 1, changed_at=now)

    def _as_it_is(self, group: Group, composed: Composed, before: Product | None) -> Written:
        if composed.content is None:
            return Written(group, Outcome.FAILED, composed)
        is_own = before is not None and before.id == own_id(self._job, group.slug) and before.version == 1
        # Opening stock needs the rows that telling makes.
        told = before if is_own or composed.opening else None
        return Written(group, Outcome.ADDED if is_own else Outcome.UNCHANGED, composed, told)

    async def _add(self, new: Mapping[str, tuple[Group, Product]]) -> dict[str, Written]:
        if not new:
            return {}
        first = await self._catalogue.next_number(self._job.tenant, len(new))
        numbered = {
            slug: msgspec.structs.replace(product, number=number)
            for number, (slug, (_, product)) in enumerate(new.items(), first)
        }
        try:
            await self._catalogue.add(self._job.tenant, list(numbered.values()), marked=False)
        except Unavailable:
            raise
        except JangteoError:
            return {slug: await self._add_one(new[slug][0], product) for slug, product in numbered.items()}
        return {slug: Written(new[slug][0], Outcome.ADDED, new[slug][0].composed, p) for slug, p in numbered.items()}

    async def _add_one(self, group: Group, product: Product) -> Written:
        """Add a product of a batch of which some may be there and one is refused."""
        if not await self._catalogue.by_ids(self._job.tenant, [product.id]):
            try:
                await self._catalogue.add(self._job.tenant, [product], marked=False)
            except Unavailable:
                raise
            except JangteoError as error:
                return Written(group, Outcome.FAILED, refused(group.lines, error))
        return Written(group, Outcome.ADDED, group.composed, product)

    async def _replace(self, group: Group, product: Product) -> Written:
        """Write the next version; where somebody else wrote one meanwhile, what the rows say goes on top of that."""
        composed = group.composed
        for _ in range(ATTEMPTS):
            try:
                if await self._catalogue.replace(self._job.tenant, product):
                    return Written(group, Outcome.CHANGED, composed, product)
            except Unavailable:
                raise
            except JangteoError as error:
                return Written(group, Outcome.FAILED, refused(group.lines, error))
            found = await self._catalogue.by_slugs(self._job.tenant, [group.slug])
            before = found[0] if found else None
            composed = compose(group.slug, group.lines, before)
            after = self._wanted(group.slug, composed, before) if before else None
            if after is None:
                return self._as_it_is(group, composed, before)
            product = after
            await self._note([product])
        return Written(group, Outcome.FAILED, refused(group.lines, EditedMeanwhile(field="product")))

    async def _note(self, products: Sequence[Product]) -> None:
        """Write down on whose behalf products are changed; before they are, as no document is in a transaction."""
        if not products:
            return
        job, permissions = self._job, frozenset(self._job.permissions.split())
        caller = Caller(kind="member", tenant=job.tenant, id=job.member_id, permissions=permissions)
        async with self._database.transaction(job.tenant) as transaction:
            for product in products:
                details: Mapping[str, str | int] = {"version": product.version, "import": str(job.id)}
                entry = Entry(by=caller, action="product.imported", on=f"product:{product.id}", details=details)
                await audit.record(transaction, entry)


def own_id(job: Job, slug: str) -> UUID:
    """Return the id of a product that an import adds."""
    return uuid5(job.id, slug)


def _content_of(product: Product) -> Content:
    return Content(**{name: getattr(product, name) for name in Content.__struct_fields__})
