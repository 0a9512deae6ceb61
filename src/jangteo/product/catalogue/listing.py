"""Lists and searches: the index finds ids, the showcase has their cards; answers are kept until something changes."""

import logging
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from jangteo.product.catalogue.rendering import encode, render_categories
from jangteo.product.catalogue.showcase import Showcase
from jangteo.product.catalogue.trees import Trees
from jangteo.product.domain.catalogue import Category, lineage
from jangteo.product.recent import Recent
from jangteo.product.schemas import AttributeCounts, CountOut, FacetsOut, PriceBand
from jangteo.product.search.facets import PRICE_BANDS, Count, Facets
from jangteo.product.search.finder import Found, Request, find
from jangteo.product.search.keeper import Keeper
from jangteo.product.search.reading import How
from jangteo.product.search.related import find_related

log = logging.getLogger(__name__)

_ANSWERS, _ANSWER_SECONDS = 4_000, 60.0
_SUGGESTED_PRODUCTS = 4


class Answer(Struct, frozen=True):
    """The JSON of an answer and its ETag."""

    body: bytes
    etag: str


class Listings:
    """What lists of products look like; one for all shops."""

    def __init__(self, keeper: Keeper, showcase: Showcase, trees: Trees) -> None:
        self._keeper = keeper
        self._showcase = showcase
        self._trees = trees
        self._answers: Recent[tuple[str, str, Any], Answer] = Recent(_ANSWERS, _ANSWER_SECONDS)
        self._generations: dict[str, int] = {}

    def changed(self, tenant: str) -> None:
        """Forget a shop's answers: something in it changed."""
        self._generations[tenant] = self._generations.get(tenant, 0) + 1

    def known(self, tenant: str, language: str, asked: bytes) -> Answer | None:
        """Return the answer to the same request, if nothing has changed since."""
        return self._answers.get((tenant, language, (self._generations.get(tenant, 0), asked)))

    def keep(self, tenant: str, language: str, asked: bytes, answer: Answer, generation: int) -> None:
        """Keep an answer that was begun in `generation`; what changed meanwhile makes it unfindable."""
        self._answers.put((tenant, language, (generation, asked)), answer)

    def generation(self, tenant: str) -> int:
        """Return a number that grows with every change of a shop."""
        return self._generations.get(tenant, 0)

    async def inside(self, tenant: str, category: str) -> frozenset[str]:
        """Return a category and all inside it. Raises NoSuchCategory."""
        return await self._trees.inside(tenant, category)

    async def page(self, tenant: str, language: str, request: Request) -> Answer:
        """Return a ProductPage. Raises BadCursor, IndexMissing."""
        found = find(self._keeper.index(tenant), request)
        return _sealed(await self._page_body(tenant, language, found) + b"}")

    async def search(self, tenant: str, language: str, request: Request) -> Answer:
        """Return a SearchPage. Raises BadCursor, IndexMissing."""
        index = self._keeper.index(tenant)
        found = find(index, request)
        suggestions: list[str] = []
        if found.how is How.NOTHING:
            log.info("nothing found", extra={"query": request.text})
            nearest = index.vocabulary.nearest(request.text)
            suggestions = [nearest] if nearest else index.vocabulary.complete(request.text[:1], 5)
        more = {
            "query": request.text,
            "how": found.how.value,
            "corrected_to": found.text or None,
            "suggestions": suggestions,
        }
        return _sealed(await self._page_body(tenant, language, found) + b"," + encode(more)[1:])

    async def suggest(self, tenant: str, language: str, typed: str, size: int) -> Answer:
        """Return Suggestions: words that begin so, and the first products that fit."""
        index = self._keeper.index(tenant)
        words = index.vocabulary.complete(typed, size)
        found = find(index, Request(text=words[0] if words else typed, size=_SUGGESTED_PRODUCTS))
        cards = await self._showcase.cards(tenant, found.ids, language)
        return _sealed(b'{"words":%b,"products":[%b]}' % (encode(words), b",".join(cards)))

    async def related(self, tenant: str, language: str, address: str, size: int) -> Answer:
        """Return the RelatedProducts of the product at `address`. Raises NoSuchProduct, IndexMissing."""
        product = await self._showcase.product(tenant, address)
        tree = await self._trees.of(tenant)
        shelf = tree.get(product.category)
        around = await self._trees.inside(tenant, shelf.parent or shelf.code) if shelf else {product.category}
        ids = find_related(self._keeper.index(tenant), product, around, size)
        cards = await self._showcase.cards(tenant, ids, language)
        return _sealed(b'{"items":[%b]}' % b",".join(cards))

    async def categories(self, tenant: str, language: str) -> Answer:
        """Return the CategoryTree."""
        return _sealed(render_categories(list((await self._trees.of(tenant)).values()), language))

    async def _page_body(self, tenant: str, language: str, found: Found) -> bytes:
        """Return the JSON of a ProductPage without its closing bracket."""
        cards = await self._showcase.cards(tenant, found.ids, language)
        facets = b"null"
        if found.facets is not None:
            facets = encode(_told(found.facets, await self._trees.of(tenant), language))
        return b'{"items":[%b],"total":%d,"next_cursor":%b,"facets":%b' % (
            b",".join(cards),
            found.total,
            encode(found.next_cursor),
            facets,
        )


def _sealed(body: bytes) -> Answer:
    return Answer(body, f'"{blake2b(body, digest_size=8).hexdigest()}"')


def _told(facets: Facets, categories: Mapping[str, Category], language: str) -> FacetsOut:
    totals: dict[str, int] = {}
    for code, count in facets.categories.items():
        for step in lineage(code, categories):
            totals[step.code] = totals.get(step.code, 0) + count
    bands = zip(PRICE_BANDS, (*PRICE_BANDS[1:], None), facets.prices, strict=True)
    return FacetsOut(
        categories=[
            CountOut(code=code, name=category.name.said_in(language), count=totals[code])
            for code, category in categories.items()
            if code in totals
        ],
        brands=[_count(brand, language) for brand in facets.brands],
        prices=[PriceBand(min_price=low, below=high, count=count) for low, high, count in bands],
        attributes=[
            AttributeCounts(
                code=group.code,
                name=_said(group.names, language),
                values=[_count(value, language) for value in group.values],
            )
            for group in facets.groups
        ],
    )


def _count(value: Count, language: str) -> CountOut:
    return CountOut(code=value.code, name=_said(value.names, language), count=value.count)


def _said(names: tuple[str, str], language: str) -> str:
    return names[0] if language == "ko" or not names[1] else names[1]
