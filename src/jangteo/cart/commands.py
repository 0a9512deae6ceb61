"""What can be done to a cart: one function for each use case."""

from typing import NamedTuple
from uuid import UUID

from jangteo.cart.clients import Catalogue
from jangteo.cart.domain import CartStale, NotForSale, Owner, SkuUnknown, most_to_keep
from jangteo.cart.queries import Views
from jangteo.cart.store import Carts, Cut, Stale, State
from jangteo.contracts.order import OrderLine
from jangteo.contracts.product import Offer


class Written(NamedTuple):
    """What a write to one line came to, beside what the catalogue said."""

    state: State
    offer: Offer | None


class Shopping:
    """Changes carts."""

    def __init__(self, carts: Carts, catalogue: Catalogue, views: Views) -> None:
        self._carts = carts
        self._catalogue = catalogue
        self._views = views

    async def add(self, owner: Owner, sku: str, quantity: int, key: str | None) -> Written:
        """Put `quantity` more of `sku` into the cart; under a client's Idempotency-Key once only.

        Raises SkuUnknown, NotForSale, StockInsufficient, TooMany, CartFull, KeyReused, TakenOver, Unavailable.
        """
        offer = (await self._catalogue.offers(owner.tenant, [sku])).get(sku)
        if offer is None:
            raise SkuUnknown(field="sku", sku=sku)
        if not offer.purchasable and offer.available > 0:
            raise NotForSale(field="sku", sku=sku)
        return Written(await self._carts.add(owner, offer, quantity, key), offer)

    async def change(
        self, owner: Owner, sku: str, quantity: int, selected: bool | None, version: str, language: str
    ) -> Written:
        """Set quantity and tick of a line. Raises as `add` does, LineUnknown, and CartStale with the fresh cart."""
        offer = (await self._catalogue.offers(owner.tenant, [sku])).get(sku)
        try:
            return Written(await self._carts.change(owner, sku, quantity, selected, offer, version), offer)
        except Stale:
            raise await self._stale(owner, language) from None

    async def remove(self, owner: Owner, skus: list[str], version: str, language: str) -> State:
        """Take lines out, all where none is named. Raises CartStale with the fresh cart, TakenOver, Unavailable."""
        try:
            return await self._carts.remove(owner, skus, version)
        except Stale:
            raise await self._stale(owner, language) from None

    async def merge(self, guest: Owner, member: Owner) -> list[Cut]:
        """Move a guest's cart and wishes into a member's: once, whoever else does the same; each step may be repeated.

        Quantities are summed, up to what is in stock and allowed. Raises Unavailable.
        """
        claimed = await self._carts.claim(guest, member)
        if not claimed.lines and not claimed.wishes:
            return []
        offers = await self._catalogue.offers(member.tenant, [line.sku for line in claimed.lines])
        most = {line.sku: most_to_keep(offers.get(line.sku)) for line in claimed.lines}
        cut = await self._carts.merge(member, guest, claimed, most)
        await self._carts.close(guest, member)
        return cut

    async def take_ordered(self, tenant: str, member_id: UUID, order_id: UUID, lines: list[OrderLine]) -> None:
        """Take out what a member has bought, once for each order. Raises Unavailable."""
        await self._carts.take_ordered(Owner(tenant, "member", str(member_id)), str(order_id), lines)

    async def _stale(self, owner: Owner, language: str) -> CartStale:
        return CartStale(field="If-Match", cart=await self._views.cart(owner, language))
