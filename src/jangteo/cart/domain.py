"""What a cart is, what may be in it, and how a line stands towards the catalogue at this moment."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from jangteo.contracts.product import Glance, Offer
from jangteo.kit.errors import Conflict, Invalid, NotFound

MAX_LINES = 100
MAX_QUANTITY = 99
MAX_WISHES = 100

MAX_SKU = 64
SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Sku = Annotated[str, msgspec.Meta(pattern=f"^{SKU.pattern}$")]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]


class SkuUnknown(Invalid):
    """Nothing is sold under this SKU."""

    code = "sku.unknown"
    ko = "판매하지 않는 상품입니다: {sku}"
    en = "Nothing is sold as {sku}."


class NotForSale(Conflict):
    """The product is known, but not on sale."""

    code = "product.not_for_sale"
    ko = "지금은 판매하지 않는 상품입니다: {sku}"
    en = "{sku} is not on sale just now."


class StockInsufficient(Conflict):
    """Fewer are left than would be in the cart."""

    code = "stock.insufficient"
    ko = "재고가 부족합니다: {sku} ({available}개 남음, 장바구니에 {in_cart}개)"
    en = "Not enough stock of {sku}: {available} left, {in_cart} in your cart."


class TooMany(Conflict):
    """More than may be in one line."""

    code = "cart.quantity_limit"
    ko = "{sku}은(는) {limit}개까지 담을 수 있습니다. (장바구니에 {in_cart}개)"
    en = "At most {limit} of {sku} fit into the cart; {in_cart} are in it."


class CartFull(Conflict):
    """As many lines as a cart may have."""

    code = "cart.line_limit"
    ko = "장바구니에는 {limit}가지까지 담을 수 있습니다."
    en = "A cart holds {limit} different things at the most."


class LineUnknown(Conflict):
    """The cart has no such line (any more)."""

    status = 404
    code = "cart.line_unknown"
    ko = "장바구니에 없는 상품입니다: {sku}"
    en = "{sku} is not in the cart."


class CartStale(Conflict):
    """The cart changed since the caller saw it; `cart` is how it is now."""

    code = "cart.stale"
    ko = "장바구니가 다른 곳에서 변경되었습니다."
    en = "The cart was changed elsewhere."


class WishlistFull(Conflict):
    """As many wishes as anybody may have."""

    code = "wishlist.limit"
    ko = "찜 목록에는 {limit}개까지 담을 수 있습니다."
    en = "A wishlist holds {limit} products at the most."


class ProductUnknown(NotFound):
    """The shop shows no such product."""

    code = "product.not_found"
    ko = "상품을 찾을 수 없습니다."
    en = "There is no such product."


class Owner(msgspec.Struct, frozen=True):
    """Whose cart it is: a member's by the member's id, a guest's by the id in the guest's token."""

    tenant: str
    kind: Literal["member", "guest"]
    id: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is kept; `price_seen` is the price when it was put in, `added_at` milliseconds since 1970."""

    sku: str
    quantity: int
    selected: bool
    price_seen: int
    added_at: int


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart as it is kept, its lines in the order of their making."""

    version: int = 0
    lines: tuple[Line, ...] = ()


class Wish(msgspec.Struct, frozen=True):
    """A product that somebody wants to remember, since `at`."""

    product_id: UUID
    at: datetime


class Standing(StrEnum):
    """Whether a line could be ordered as it is."""

    OK = "ok"
    GONE = "gone"
    SOLD_OUT = "sold_out"
    NOT_FOR_SALE = "not_for_sale"
    TOO_FEW_LEFT = "too_few_left"
    OVER_LIMIT = "over_limit"


def standing(line: Line, offer: Offer | None) -> Standing:
    """Return how `line` stands towards what the catalogue offers."""
    if offer is None:
        return Standing.GONE
    if offer.available <= 0:
        return Standing.SOLD_OUT
    if not offer.purchasable:
        return Standing.NOT_FOR_SALE
    if line.quantity > offer.available:
        return Standing.TOO_FEW_LEFT
    if line.quantity > offer.max_per_order:
        return Standing.OVER_LIMIT
    return Standing.OK


def price_change(line: Line, offer: Offer | None) -> Literal["up", "down"] | None:
    """Return how the price moved since the line was put in."""
    if offer is None or offer.price == line.price_seen:
        return None
    return "up" if offer.price > line.price_seen else "down"


def most_to_keep(offer: Offer | None) -> int:
    """Return how many of a guest's line are worth keeping: never none, so that nothing disappears unsaid."""
    if offer is None:
        return MAX_QUANTITY
    return max(1, min(offer.available, offer.max_per_order, MAX_QUANTITY))


class WishState(StrEnum):
    """What has become of a product that somebody remembers."""

    ON_SALE = "on_sale"
    SOLD_OUT = "sold_out"
    NO_LONGER_SOLD = "no_longer_sold"


def wish_state(glance: Glance | None) -> WishState:
    """Return what the catalogue says of a wish; of what it no longer shows at all there is no glance."""
    if glance is None or not glance.on_sale:
        return WishState.NO_LONGER_SOLD
    return WishState.ON_SALE if glance.available else WishState.SOLD_OUT
