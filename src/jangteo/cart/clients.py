"""Asks the catalogue what things cost and whether they can be had."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from jangteo.contracts.product import Glance, Glances, GlancesRequest, Offer, Offers, OffersRequest
from jangteo.kit.http.client import ServiceClient


class Catalogue:
    """The product service, as a cart sees it."""

    def __init__(self, product: ServiceClient) -> None:
        self._product = product

    async def offers(self, tenant: str, skus: Iterable[str]) -> dict[str, Offer]:
        """Return the offers of `skus`, at most 100; a SKU that is not sold has none. Raises Unavailable."""
        asked = list(skus)
        if not asked:
            return {}
        answer = await self._product.post("/internal/offers", OffersRequest(skus=asked), Offers, tenant=tenant)
        return {offer.sku: offer for offer in answer.offers}

    async def glances(self, tenant: str, ids: Sequence[UUID], language: str) -> dict[UUID, Glance]:
        """Return what the shop shows of products, at most 100; hidden ones are left out. Raises Unavailable."""
        if not ids:
            return {}
        asked = GlancesRequest(ids=list(ids), language="en" if language == "en" else "ko")
        answer = await self._product.post("/internal/glances", asked, Glances, tenant=tenant)
        return {glance.id: glance for glance in answer.items}
