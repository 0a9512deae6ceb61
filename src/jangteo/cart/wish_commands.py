"""What can be done to a wishlist: one function for each use case."""

from uuid import UUID

from jangteo.cart.clients import Catalogue
from jangteo.cart.domain import Owner, ProductUnknown, Wish, wish_state
from jangteo.cart.schemas import WishlistOut, WishOut
from jangteo.cart.wish_store import Wishes
from jangteo.contracts.product import Glance


class Wishing:
    """Shows and changes wishlists."""

    def __init__(self, wishes: Wishes, catalogue: Catalogue) -> None:
        self._wishes = wishes
        self._catalogue = catalogue

    async def show(self, owner: Owner, language: str) -> WishlistOut:
        """Return the wishes, newest first, beside what the shop shows of them. Raises Unavailable."""
        wishes = await self._wishes.read(owner)
        glances = await self._catalogue.glances(owner.tenant, [wish.product_id for wish in wishes], language)
        return WishlistOut(items=[show_wish(wish, glances.get(wish.product_id)) for wish in wishes], count=len(wishes))

    async def has(self, owner: Owner, product_id: UUID) -> tuple[bool, int]:
        """Say whether a product is wished for, and how many are. Raises Unavailable."""
        wishes = await self._wishes.read(owner)
        return any(wish.product_id == product_id for wish in wishes), len(wishes)

    async def wish(self, owner: Owner, product_id: UUID, language: str) -> int:
        """Remember a product that the shop shows. Raises ProductUnknown, WishlistFull, TakenOver, Unavailable."""
        glance = (await self._catalogue.glances(owner.tenant, [product_id], language)).get(product_id)
        if glance is None or not glance.on_sale:
            raise ProductUnknown(field="product_id")
        return await self._wishes.add(owner, product_id)

    async def forget(self, owner: Owner, product_id: UUID) -> int:
        """Take a product off the list, whatever has become of it. Raises TakenOver, Unavailable."""
        return await self._wishes.drop(owner, product_id)


def show_wish(wish: Wish, glance: Glance | None) -> WishOut:
    """Return `wish` beside what the shop shows of it."""
    state = wish_state(glance)
    if glance is None:
        return WishOut(id=wish.product_id, wished_at=wish.at, state=state)
    return WishOut(
        id=wish.product_id,
        wished_at=wish.at,
        state=state,
        slug=glance.slug,
        name=glance.name,
        brand=glance.brand,
        price=glance.price,
        list_price=glance.list_price,
        discount_percent=glance.discount_percent,
        price_varies=glance.price_varies,
        currency=glance.currency,
        picture=glance.picture,
        level=glance.level if glance.on_sale else "out",
        available=glance.available and glance.on_sale,
    )
