"""What shoppers see of products, encoded and kept in memory until an event says that it changed.

The document server answers a thousand reads a second; a list of 24 from here costs microseconds. Whatever was being
read while a product changed is answered, but not kept.
"""

from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

from msgspec import Struct

from jangteo.kit.postgres import Database
from jangteo.product.catalogue.rendering import finish_offer, render_card, render_detail, render_offers
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.catalogue.trees import Trees
from jangteo.product.domain.catalogue import NoSuchProduct, Product, Status, lineage
from jangteo.product.recent import Recent
from jangteo.product.stock.queries import read_available, read_levels

LANGUAGES = ("ko", "en")
# A lost event is the exception; what nobody drops is read anew after this time.
_SECONDS = 300.0
_CARDS, _DETAILS, _OFFERS, _SLUGS = 20_000, 4_000, 40_000, 20_000
_Key = tuple[str, str]
_NOT_SHOWN = (b"", b"")


class Shown(Struct, frozen=True):
    """The page of a product: its JSON, its ETag, and its present slug."""

    body: bytes
    etag: str
    slug: str


class Moved(Exception):
    """The product is at another slug now."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


class Showcase:
    """The cards, pages and offers of all shops."""

    def __init__(self, catalogue: Catalogue, database: Database, trees: Trees) -> None:
        self._catalogue = catalogue
        self._database = database
        self._trees = trees
        self._cards: Recent[_Key, tuple[bytes, bytes]] = Recent(_CARDS, _SECONDS)
        self._details: Recent[tuple[str, str, str], Shown] = Recent(_DETAILS, _SECONDS)
        self._offers: Recent[_Key, tuple[bytes, bool]] = Recent(_OFFERS, _SECONDS)
        self._skus: Recent[_Key, list[str]] = Recent(_OFFERS, _SECONDS)
        self._slugs: Recent[_Key, str] = Recent(_SLUGS, _SECONDS)
        self._changes = 0
        self._emptied = 0
        self._dropped: Recent[_Key, int] = Recent(_CARDS)

    def drop(self, tenant: str, product_id: UUID) -> None:
        """Forget a product that changed."""
        self._changes += 1
        key = (tenant, str(product_id))
        self._dropped.put(key, self._changes)
        self._cards.drop(key)
        for language in LANGUAGES:
            self._details.drop((*key, language))
        for sku in self._skus.get(key) or ():
            self._offers.drop((tenant, sku))

    def drop_all(self) -> None:
        """Forget everything: events may have been missed."""
        self._changes += 1
        self._emptied = self._changes
        for memory in (self._cards, self._details, self._offers, self._skus, self._slugs):
            memory.clear()

    async def cards(self, tenant: str, ids: Sequence[str], language: str) -> list[bytes]:
        """Return the cards of products in the order of `ids`; those that are not published are left out."""
        place = LANGUAGES.index(language)
        found = await self._cards_of(tenant, ids)
        return [card[place] for id in ids if (card := found.get(id, _NOT_SHOWN)) is not _NOT_SHOWN]

    async def glances(self, tenant: str, ids: Sequence[str], language: str) -> bytes:
        """Return the JSON of the Glances of products, archived ones as well; drafts and unknown ones are left out."""
        place = LANGUAGES.index(language)
        found = await self._cards_of(tenant, ids)
        told = [card[place][:-1] + b',"on_sale":true}' for card in found.values() if card is not _NOT_SHOWN]
        hidden = [UUID(id) for id, card in found.items() if card is _NOT_SHOWN]
        told += [
            render_card(product, {}, language)[:-1] + b',"on_sale":false}'
            for product in (await self._catalogue.by_ids(tenant, hidden) if hidden else ())
            if product.status is Status.ARCHIVED
        ]
        return b'{"items":[' + b",".join(told) + b"]}"

    def known(self, tenant: str, address: str, language: str) -> Shown | None:
        """Return the page of a product, if it is in memory."""
        product_id = self._slugs.get((tenant, address)) or address
        shown = self._details.get((tenant, product_id, language))
        return shown if shown is not None and address in (product_id, shown.slug) else None

    async def detail(self, tenant: str, address: str, language: str) -> Shown:
        """Return the page of the product with this id or slug. Raises NoSuchProduct; Moved for a former slug."""
        shown = self.known(tenant, address, language)
        if shown is not None:
            return shown
        before = self._changes
        product = await self.product(tenant, address)
        if address not in (product.slug, str(product.id)):
            raise Moved(product.slug)
        levels = await read_levels(self._database, tenant, [product.id])
        steps = lineage(product.category, await self._trees.of(tenant))
        body = render_detail(product, steps, levels[product.id], language)
        digest = blake2b(body, digest_size=6).hexdigest()
        shown = Shown(body, f'"{product.version}-{digest}"', product.slug)
        if self._is_fresh(tenant, str(product.id), before):
            self._details.put((tenant, str(product.id), language), shown)
            self._slugs.put((tenant, product.slug), str(product.id))
        return shown

    async def product(self, tenant: str, address: str) -> Product:
        """Return the product on sale with this id or slug, present or former. Raises NoSuchProduct."""
        product = await self._find(tenant, address)
        if product is None or product.status is not Status.PUBLISHED:
            raise NoSuchProduct()
        return product

    async def offers(self, tenant: str, skus: Sequence[str]) -> bytes:
        """Return the JSON of the Offers of `skus` with what is there at this moment; unknown ones are left out."""
        found = {sku: offer for sku in skus if (offer := self._offers.get((tenant, sku))) is not None}
        missing = [sku for sku in skus if sku not in found]
        if missing:
            found |= await self._load_offers(tenant, missing)
        available = await read_available(self._database, tenant, list(found))
        told = (finish_offer(*_with(found[sku], available.get(sku, 0))) for sku in found)
        return b'{"offers":[' + b",".join(told) + b"]}"

    async def _cards_of(self, tenant: str, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        found = {id: card for id in ids if (card := self._cards.get((tenant, id))) is not None}
        missing = [UUID(id) for id in ids if id not in found]
        if missing:
            found |= await self._load_cards(tenant, missing)
        return found

    async def _load_cards(self, tenant: str, ids: Sequence[UUID]) -> dict[str, tuple[bytes, bytes]]:
        before = self._changes
        products = await self._catalogue.by_ids(tenant, ids)
        levels = await read_levels(self._database, tenant, ids)
        cards = {str(id): _NOT_SHOWN for id in ids}
        for product in products:
            if product.status is Status.PUBLISHED:
                ko, en = (render_card(product, levels[product.id], language) for language in LANGUAGES)
                cards[str(product.id)] = (ko, en)
        for id, card in cards.items():
            if self._is_fresh(tenant, id, before):
                self._cards.put((tenant, id), card)
        return cards

    async def _load_offers(self, tenant: str, skus: Sequence[str]) -> dict[str, tuple[bytes, bool]]:
        before = self._changes
        found: dict[str, tuple[bytes, bool]] = {}
        for product in await self._catalogue.by_skus(tenant, skus):
            if product.status is Status.DRAFT:
                continue
            offers = render_offers(product)
            if self._is_fresh(tenant, str(product.id), before):
                self._skus.put((tenant, str(product.id)), list(offers))
                for sku, offer in offers.items():
                    self._offers.put((tenant, sku), offer)
            found |= {sku: offers[sku] for sku in skus if sku in offers}
        return found

    async def _find(self, tenant: str, address: str) -> Product | None:
        product_id = _as_id(address)
        if product_id is None:
            return await self._catalogue.by_slug(tenant, address)
        found = await self._catalogue.by_ids(tenant, [UUID(product_id)])
        return found[0] if found else None

    def _is_fresh(self, tenant: str, product_id: str, since: int) -> bool:
        return max(self._dropped.get((tenant, product_id)) or 0, self._emptied) <= since


def _as_id(address: str) -> str | None:
    if len(address) != 36:
        return None
    try:
        return str(UUID(address))
    except ValueError:
        return None


def _with(offer: tuple[bytes, bool], available: int) -> tuple[bytes, int, bool]:
    return offer[0], available, offer[1]
