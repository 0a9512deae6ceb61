"""Shows a cart beside what the catalogue says at this moment."""

from jangteo.cart.clients import Catalogue
from jangteo.cart.domain import MAX_QUANTITY, Cart, Line, Owner, Standing, price_change, standing
from jangteo.cart.schemas import CartOut, LineOut
from jangteo.cart.store import Carts
from jangteo.contracts.cart import CartContent, CartContentLine
from jangteo.contracts.product import Offer

_CURRENCY = "KRW"
NOTHING = Cart()


class Views:
    """Reads carts."""

    def __init__(self, carts: Carts, catalogue: Catalogue) -> None:
        self._carts = carts
        self._catalogue = catalogue

    async def cart(self, owner: Owner, language: str) -> CartOut:
        """Return a cart with live prices and stock. Raises Unavailable."""
        cart = await self._carts.read(owner)
        offers = await self._catalogue.offers(owner.tenant, [line.sku for line in cart.lines])
        return show_cart(cart, offers, language)

    async def content(self, owner: Owner) -> CartContent:
        """Return what is in a member's cart, for an order. Raises Unavailable."""
        cart = await self._carts.read(owner)
        lines = [CartContentLine(sku=line.sku, quantity=line.quantity, selected=line.selected) for line in cart.lines]
        return CartContent(cart_id=owner.id, version=cart.version, lines=lines)


def show_cart(cart: Cart, offers: dict[str, Offer], language: str) -> CartOut:
    """Return `cart` beside `offers`."""
    lines = [show_line(line, offers.get(line.sku), language) for line in cart.lines]
    ticked = [line for line in lines if line.selected]
    return CartOut(
        version=cart.version,
        lines=lines,
        pieces=sum(line.quantity for line in lines),
        currency=next((line.currency for line in lines if line.currency), _CURRENCY),
        subtotal=sum(line.subtotal for line in ticked if line.state is Standing.OK),
        orderable=bool(ticked) and all(line.state is Standing.OK for line in ticked),
    )


def show_line(line: Line, offer: Offer | None, language: str) -> LineOut:
    """Return `line` beside `offer`."""
    if offer is None:
        return _gone(line)
    return LineOut(
        sku=line.sku,
        quantity=line.quantity,
        selected=line.selected,
        state=standing(line, offer),
        product_id=offer.product_id,
        slug=offer.slug,
        name=offer.name_ko if language == "ko" else offer.name_en,
        option=offer.option,
        picture=offer.picture,
        currency=offer.currency,
        unit_price=offer.price,
        list_price=offer.list_price,
        price_seen=line.price_seen,
        price_change=price_change(line, offer),
        available=offer.available,
        max_quantity=min(offer.max_per_order, MAX_QUANTITY),
        subtotal=offer.price * line.quantity,
    )


def _gone(line: Line) -> LineOut:
    return LineOut(
        sku=line.sku,
        quantity=line.quantity,
        selected=line.selected,
        state=Standing.GONE,
        product_id=None,
        slug=None,
        name=None,
        option=None,
        picture=None,
        currency=None,
        unit_price=None,
        list_price=None,
        price_seen=line.price_seen,
        price_change=None,
        available=0,
        max_quantity=0,
        subtotal=0,
    )
