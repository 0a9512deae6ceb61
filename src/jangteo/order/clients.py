"""What the order service asks others for before it takes an order: the cart, the offers, the delivery fee."""

from collections.abc import Sequence
from uuid import UUID

from jangteo.contracts.cart import CartContent
from jangteo.contracts.product import Offer, Offers, OffersRequest
from jangteo.contracts.shipping import Quote, QuoteRequest
from jangteo.kit.errors import NotFound
from jangteo.kit.http.client import ServiceClient


class Shop:
    """The other services, as far as the price of an order depends on them."""

    def __init__(self, cart: ServiceClient, product: ServiceClient, shipping: ServiceClient) -> None:
        self._cart = cart
        self._product = product
        self._shipping = shipping

    async def cart(self, tenant: str, member_id: UUID) -> CartContent | None:
        """Return the member's cart; None where there is none. Raises ServiceUnavailable."""
        try:
            return await self._cart.get(f"/internal/carts/{member_id}", CartContent, tenant=tenant)
        except NotFound:
            return None

    async def offers(self, tenant: str, skus: Sequence[str]) -> dict[str, Offer]:
        """Return the offers of the moment by SKU; unknown SKUs are missing. Raises ServiceUnavailable."""
        answer = await self._product.post("/internal/offers", OffersRequest(skus=list(skus)), Offers, tenant=tenant)
        return {offer.sku: offer for offer in answer.offers}

    async def quote(self, tenant: str, request: QuoteRequest) -> Quote:
        """Return the delivery fee. Raises ServiceUnavailable, or Invalid where nothing is delivered there."""
        return await self._shipping.post("/internal/quotes", request, Quote, tenant=tenant)
