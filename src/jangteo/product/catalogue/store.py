"""Products, categories and pictures as documents. The only writes to them.

The tenant is a field of every document and the beginning of its key: "shop/id". A look-up by keys asks for nothing
else, because the embedded document server reads a whole shop where a query names both key and tenant.
"""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from jangteo.kit.documents import Documents, translated
from jangteo.product.domain.catalogue import Category, Product, SkuTaken, SlugTaken, Status

DATABASE = "jangteo_product"
_BATCH = 500
_STRETCH = 1_000  # of product numbers
_DUPLICATE = 11000


class Catalogue:
    """The documents of all shops."""

    def __init__(self, client: Documents) -> None:
        database = client[DATABASE]
        self._products = database["products"]
        self._categories = database["categories"]
        self._pictures = database["pictures"]
        self._counters = database["counters"]

    async def prepare(self) -> None:
        """Make the indexes that are missing. Raises DocumentsUnavailable."""
        with translated():
            await self._products.create_indexes(
                [
                    IndexModel([("tenant", ASCENDING), ("slug", ASCENDING)], unique=True, name="slug"),
                    IndexModel([("tenant", ASCENDING), ("former_slugs", ASCENDING)], name="former_slugs"),
                    IndexModel([("tenant", ASCENDING), ("variants.sku", ASCENDING)], unique=True, name="sku"),
                    IndexModel([("tenant", ASCENDING), ("category", ASCENDING)], name="category"),
                    IndexModel([("tenant", ASCENDING), ("number", ASCENDING)], name="number"),
                    IndexModel([("unannounced", ASCENDING)], sparse=True, name="unannounced"),
                ]
            )

    async def check(self) -> None:
        """Raise DocumentsUnavailable unless the document server answers."""
        with translated():
            await self._counters.database.command("ping")

    async def next_number(self, tenant: str, count: int = 1) -> int:
        """Take `count` product numbers that nobody else has; return the first."""
        counter: Any
        with translated():
            counter = await self._counters.find_one_and_update(
                {"_id": f"{tenant}/products"},
                {"$inc": {"value": count}, "$set": {"tenant": tenant}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return int(counter["value"]) - count + 1

    async def add(self, tenant: str, products: Sequence[Product], *, marked: bool = True) -> None:
        """Insert new products, marked as not announced yet unless the caller sees to that by itself.

        Raises SlugTaken, SkuTaken; those before the first one taken stay.
        """
        with translated():
            try:
                await self._products.insert_many([_document(tenant, product, marked=marked) for product in products])
            except BulkWriteError as error:
                faults = (error.details or {}).get("writeErrors", [])
                if not faults or faults[0].get("code") != _DUPLICATE:
                    raise
                raise _taken(str(faults[0].get("errmsg")), products[faults[0]["index"]]) from None

    async def replace(self, tenant: str, product: Product) -> bool:
        """Write the next version of a product; False where someone else wrote one. Raises SlugTaken, SkuTaken."""
        wanted = {"_id": _key(tenant, product.id), "version": product.version - 1}
        with translated():
            try:
                answer = await self._products.replace_one(wanted, _document(tenant, product))
            except DuplicateKeyError as error:
                raise _taken(str(error), product) from None
        return answer.matched_count == 1

    async def announced(self, tenant: str, products: Sequence[Product]) -> None:
        """Note that these versions have been told to everybody."""
        with translated():
            for version in {product.version for product in products}:
                keys = [_key(tenant, product.id) for product in products if product.version == version]
                await self._products.update_many(
                    {"_id": {"$in": keys}, "version": version}, {"$unset": {"unannounced": ""}}
                )

    async def unannounced(self) -> dict[str, list[Product]]:
        """Return products of any shop whose last change may not have been told, by tenant; at most one batch."""
        found: dict[str, list[Product]] = {}
        with translated():
            async for document in self._products.find({"unannounced": True}).limit(_BATCH):
                found.setdefault(document["tenant"], []).append(_product(document))
        return found

    async def by_ids(self, tenant: str, ids: Sequence[UUID]) -> list[Product]:
        """Return the products with these ids, in any status and order; unknown ones are left out."""
        return await self._find({"_id": {"$in": [_key(tenant, product_id) for product_id in ids]}})

    async def by_skus(self, tenant: str, skus: Sequence[str]) -> list[Product]:
        """Return the products that have one of these SKUs, in any status."""
        return await self._find({"tenant": tenant, "variants.sku": {"$in": list(skus)}})

    async def by_slug(self, tenant: str, slug: str) -> Product | None:
        """Return the product at this slug, else one that used to be there."""
        for wanted in ({"slug": slug}, {"former_slugs": slug}):
            with translated():
                document = await self._products.find_one({"tenant": tenant, **wanted})
            if document is not None:
                return _product(document)
        return None

    async def by_slugs(self, tenant: str, slugs: Sequence[str]) -> list[Product]:
        """Return the products that are at one of these slugs now, in any status."""
        return await self._find({"tenant": tenant, "slug": {"$in": list(slugs)}})

    async def is_empty(self, tenant: str) -> bool:
        """Say whether a shop has no product at all."""
        with translated():
            return await self._products.find_one({"tenant": tenant}, {"_id": 1}) is None

    async def published(self, tenant: str) -> dict[UUID, tuple[int, str]]:
        """Return version and Korean name of every published product of a shop.

        Numbers are given out one after the other, so a large shop is read stretch by stretch, each within the
        patience of a client; asked for in one piece, 100,000 products take the embedded server longer than that.
        """
        found: dict[UUID, tuple[int, str]] = {}
        async for documents in self._stretches(tenant, {"version": 1, "name.ko": 1, "status": 1}):
            for document in documents:
                if document["status"] == Status.PUBLISHED:
                    found[_id(document)] = (document["version"], document["name"]["ko"])
        return found

    async def stretches(self, tenant: str) -> AsyncIterator[list[Product]]:
        """Yield all products of a shop in any status, in the order of their numbers, some hundreds at a time."""
        async for documents in self._stretches(tenant, None):
            yield [_product(document) for document in documents]

    async def _stretches(self, tenant: str, fields: dict[str, int] | None) -> AsyncIterator[list[dict[str, Any]]]:
        start, last = 0, await self._last_number(tenant)
        while True:
            stretch = {"$gt": start, "$lte": start + _STRETCH}
            with translated():
                found = self._products.find({"tenant": tenant, "number": stretch}, fields)
                documents = [document async for document in found]
            start += _STRETCH
            if not documents and start > last:
                return
            yield sorted(documents, key=lambda document: int(document.get("number", 0)))

    async def _last_number(self, tenant: str) -> int:
        with translated():
            counter = await self._counters.find_one({"_id": f"{tenant}/products"})
        return int(counter["value"]) if counter else 0

    async def in_batches(self, tenant: str, ids: Sequence[UUID]) -> AsyncIterator[list[Product]]:
        """Yield the products with these ids, some hundreds at a time."""
        for start in range(0, len(ids), _BATCH):
            yield await self.by_ids(tenant, ids[start : start + _BATCH])

    async def categories(self, tenant: str) -> list[Category]:
        """Return the categories of a shop, by position."""
        with translated():
            found = [document async for document in self._categories.find({"tenant": tenant})]
        categories = [msgspec.convert(document, Category) for document in found]
        return sorted(categories, key=lambda category: (category.position, category.code))

    async def put_category(self, tenant: str, category: Category) -> bool:
        """Write a new category (version 1) or its next version; False where another one is there."""
        key = f"{tenant}/{category.code}"
        document = {"_id": key, "tenant": tenant, **msgspec.to_builtins(category)}
        with translated():
            if category.version == 1:
                try:
                    await self._categories.insert_one(document)
                except DuplicateKeyError:
                    return False
                return True
            before = {"_id": key, "version": category.version - 1}
            return bool((await self._categories.replace_one(before, document)).matched_count)

    async def products_in(self, tenant: str, categories: Sequence[str]) -> list[UUID]:
        """Return the ids of the products that lie in one of these categories themselves."""
        with translated():
            found = self._products.find({"tenant": tenant, "category": {"$in": list(categories)}}, {"_id": 1})
            return [_id(document) async for document in found]

    async def known_pictures(self, tenant: str, names: Collection[str]) -> set[str]:
        """Return those of `names` that there are picture files of."""
        if not names:
            return set()
        with translated():
            wanted = {"_id": {"$in": [f"{tenant}/{name}" for name in names]}}
            found = self._pictures.find(wanted, {"_id": 1})
            return {document["_id"].partition("/")[2] async for document in found}

    async def put_pictures(self, tenant: str, pictures: Mapping[str, bytes], media_type: str) -> None:
        """Store picture files that are not there yet; a name stands for its content."""
        known = await self.known_pictures(tenant, pictures)
        new = [
            {"_id": f"{tenant}/{name}", "tenant": tenant, "type": media_type, "content": content}
            for name, content in pictures.items()
            if name not in known
        ]
        with translated():
            for document in new:
                with contextlib.suppress(DuplicateKeyError):  # a twin was faster, with the same content
                    await self._pictures.insert_one(document)

    async def picture(self, tenant: str, name: str) -> tuple[str, bytes] | None:
        """Return media type and content of a picture file."""
        with translated():
            document = await self._pictures.find_one({"_id": f"{tenant}/{name}"})
        return None if document is None else (document["type"], bytes(document["content"]))

    async def _find(self, wanted: dict[str, Any]) -> list[Product]:
        with translated():
            return [_product(document) async for document in self._products.find(wanted)]


def _key(tenant: str, product_id: UUID) -> str:
    return f"{tenant}/{product_id}"


def _id(document: dict[str, Any]) -> UUID:
    return UUID(document["_id"].rpartition("/")[2])


def _document(tenant: str, product: Product, *, marked: bool = True) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(product, builtin_types=(datetime,))
    document["_id"] = _key(tenant, document.pop("id"))
    return {"tenant": tenant, **({"unannounced": True} if marked else {}), **document}


def _product(document: dict[str, Any]) -> Product:
    document["id"] = _id(document)
    return msgspec.convert(document, Product)


def _taken(message: str, product: Product) -> SlugTaken | SkuTaken:
    if "sku" in message:
        return SkuTaken(sku=", ".join(variant.sku for variant in product.variants[:5]), field="variants")
    return SlugTaken(slug=product.slug, field="slug")
