"""What staff do to the catalogue: add, edit and archive products, arrange categories."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Conflict
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database
from jangteo.product.catalogue.announcing import announce
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.catalogue.trees import Trees
from jangteo.product.domain.catalogue import (
    Category,
    Content,
    NoSuchCategory,
    NoSuchProduct,
    Product,
    ProductEdited,
    Status,
    UnknownCategory,
    below,
    check_content,
    check_parent,
)
from jangteo.product.staff_schemas import CategoryKept, ProductIn, ProductKept

MAX_FORMER = 50


class CategoryTaken(Conflict):
    """There is a category with this slug."""

    code = "category.taken"
    ko = "이미 있는 분류입니다: {category}"
    en = "There is a category {category} already."


class CategoryEdited(Conflict):
    """Someone else edited the category in the same moment."""

    code = "category.edited"
    ko = "다른 사람이 먼저 분류를 수정했습니다."
    en = "Someone else edited the category first."


class Commands:
    """The use cases; each raises Unavailable where a store does not answer, and is safe to repeat then.

    A document cannot be in the transaction of its audit entry, so that is written first: no change is without one,
    though one may stand for a change that came to nothing.
    """

    def __init__(self, catalogue: Catalogue, database: Database, trees: Trees) -> None:
        self._catalogue = catalogue
        self._database = database
        self._trees = trees

    async def create(self, caller: Caller, wanted: ProductIn) -> Product:
        """Add a product. Raises Invalid of the rule it breaks, SlugTaken, SkuTaken."""
        tenant, now = caller.tenant, self._database.clock.now()
        number = await self._catalogue.next_number(tenant)
        # A slug that nobody chose gets the product's number, so that it is free for sure.
        slug = wanted.slug or f"{slug_of(wanted.name_en or wanted.name_ko)}-{number}"
        content = wanted.content(slug)
        await self._check(tenant, content)
        product = Product(
            **msgspec.structs.asdict(content), id=new_id(), number=number, version=1, created_at=now, changed_at=now
        )
        await self._note(caller, "product.added", f"product:{product.id}", version=1)
        await self._catalogue.add(tenant, [product])
        await announce(self._catalogue, self._database, tenant, [product])
        return product

    async def edit(self, caller: Caller, product_id: UUID, expected: int, wanted: ProductIn) -> Product:
        """Replace what staff wrote. Raises ProductEdited unless the product is at version `expected`."""
        before = await self._get(caller.tenant, product_id)
        content = wanted.content(wanted.slug or before.slug)
        await self._check(caller.tenant, content)
        return await self._write(caller, "product.edited", before, expected, content)

    async def archive(self, caller: Caller, product_id: UUID, expected: int | None) -> Product:
        """Take a product off the shelves for good; orders keep naming it. An archived one stays as it is."""
        before = await self._get(caller.tenant, product_id)
        if before.status is Status.ARCHIVED:
            await self._note(caller, "product.archived", f"product:{product_id}", version=before.version)
            return before
        content = msgspec.convert({**_content_of(before), "status": Status.ARCHIVED}, Content, from_attributes=True)
        return await self._write(caller, "product.archived", before, expected or before.version, content)

    async def add_category(self, caller: Caller, category: Category) -> Category:
        """Add a category. Raises CategoryTaken, UnknownCategory for a parent that is not there."""
        tenant = caller.tenant
        await self._check_place(tenant, category)
        await self._note(caller, "category.added", f"category:{category.code}", version=category.version)
        if not await self._catalogue.put_category(tenant, category):
            raise CategoryTaken(category=category.code, field="slug")
        self._trees.drop(tenant)
        return category

    async def edit_category(self, caller: Caller, wanted: Category, expected: int | None = None) -> Category:
        """Rename or move a category. Raises NoSuchCategory, CategoryLoop, UnknownCategory, CategoryEdited.

        It must be at version `expected`, where one is given.
        """
        tenant = caller.tenant
        known = {category.code: category for category in await self._catalogue.categories(tenant)}
        before = known.get(wanted.code)
        if before is None:
            raise NoSuchCategory(category=wanted.code)
        named = "" if expected is None else "If-Match"
        if expected is not None and before.version != expected:
            raise CategoryEdited(version=before.version, current=CategoryKept.of(before), field=named)
        parents = {code: category.parent for code, category in known.items()}
        check_parent(wanted.code, wanted.parent, parents)
        after = msgspec.structs.replace(wanted, version=before.version + 1)
        await self._note(caller, "category.edited", f"category:{after.code}", version=after.version)
        if not await self._catalogue.put_category(tenant, after):
            fresh = next(one for one in await self._catalogue.categories(tenant) if one.code == after.code)
            raise CategoryEdited(version=fresh.version, current=CategoryKept.of(fresh), field=named)
        self._trees.drop(tenant)
        # Its products are found by the names of their categories and show them.
        await self._announce_again(tenant, await self._catalogue.products_in(tenant, below(wanted.code, parents)))
        return after

    async def _write(self, caller: Caller, action: str, before: Product, expected: int, content: Content) -> Product:
        tenant = caller.tenant
        former = [slug for slug in (*before.former_slugs, before.slug) if slug != content.slug][-MAX_FORMER:]
        after = Product(
            **msgspec.structs.asdict(content),
            id=before.id,
            number=before.number,
            version=expected + 1,
            former_slugs=former,
            currency=before.currency,
            popularity=before.popularity,
            created_at=before.created_at,
            changed_at=self._database.clock.now(),
        )
        if before.version == expected:
            await self._note(caller, action, f"product:{before.id}", version=after.version)
        if before.version != expected or not await self._catalogue.replace(tenant, after):
            fresh = await self._get(tenant, before.id)
            raise ProductEdited(version=fresh.version, current=ProductKept.of(fresh), field="If-Match")
        await announce(self._catalogue, self._database, tenant, [after])
        return after

    async def _note(self, caller: Caller, action: str, on: str, version: int) -> None:
        entry = Entry(by=caller, action=action, on=on, details={"version": version})
        await audit.note(self._database, caller.tenant, entry)

    async def _announce_again(self, tenant: str, ids: Sequence[UUID]) -> None:
        async for products in self._catalogue.in_batches(tenant, ids):
            await announce(self._catalogue, self._database, tenant, products)

    async def _get(self, tenant: str, product_id: UUID) -> Product:
        for product in await self._catalogue.by_ids(tenant, [product_id]):
            return product
        raise NoSuchProduct()

    async def _check(self, tenant: str, content: Content) -> None:
        check_content(content)
        if content.category not in {category.code for category in await self._catalogue.categories(tenant)}:
            raise UnknownCategory(category=content.category, field="category")

    async def _check_place(self, tenant: str, category: Category) -> None:
        known = {other.code: other.parent for other in await self._catalogue.categories(tenant)}
        check_parent(category.code, category.parent, known)


def slug_of(name: str) -> str:
    """Return the address of something called `name`: its Latin letters, digits and Korean syllables, with dashes."""
    folded = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[^a-z0-9가-힣]+", "-", folded).strip("-")[:100].strip("-") or "product"


def _content_of(product: Product) -> dict[str, object]:
    return {name: getattr(product, name) for name in Content.__struct_fields__}
