"""What the cart service reads and answers over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from jangteo.cart.domain import Quantity, Sku, Standing, WishState
from jangteo.contracts.product import Brand


class LineIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/cart/lines."""

    sku: Sku
    quantity: Quantity = 1


class LineChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /v1/cart/lines/{sku}: without `selected` the tick stays as it is."""

    quantity: Quantity
    selected: bool | None = None


class LineOut(Struct, frozen=True, kw_only=True):
    """A line beside what the catalogue says now; what is gone has neither name nor price."""

    sku: str
    quantity: int
    selected: bool
    state: Standing
    product_id: UUID | None
    slug: str | None
    name: str | None
    option: str | None
    picture: str | None
    currency: str | None
    unit_price: int | None
    list_price: int | None
    price_seen: int
    price_change: Literal["up", "down"] | None
    available: int
    max_quantity: int
    subtotal: int


class CartOut(Struct, frozen=True, kw_only=True):
    """A cart: `subtotal` sums the ticked lines that can be ordered, before shipping."""

    version: int
    lines: list[LineOut]
    pieces: int
    currency: str
    subtotal: int
    orderable: bool


class CartChange(Struct, frozen=True, kw_only=True):
    """A cart after a change, in short."""

    version: int
    line_count: int
    pieces: int


class LineChanged(CartChange, frozen=True, kw_only=True):
    """A cart after a change of one line, that line with its live price."""

    line: LineOut


class CutOut(Struct, frozen=True, kw_only=True):
    """A line that could not be kept whole, because of stock or a limit."""

    sku: str
    asked: int
    kept: int


class Merged(Struct, frozen=True, kw_only=True):
    """POST /v1/cart/merge."""

    cart: CartOut
    cut: list[CutOut]


class WishOut(Struct, frozen=True, kw_only=True):
    """A wish beside what the shop shows of it now; what it shows no more has neither name nor price."""

    id: UUID
    wished_at: datetime
    state: WishState
    slug: str | None = None
    name: str | None = None
    brand: Brand | None = None
    price: int | None = None
    list_price: int | None = None
    discount_percent: int = 0
    price_varies: bool = False
    currency: str | None = None
    picture: str | None = None
    level: str = "out"
    available: bool = False


class WishlistOut(Struct, frozen=True, kw_only=True):
    """All wishes of a guest or a member, the newest first."""

    items: list[WishOut]
    count: int


class Wished(Struct, frozen=True, kw_only=True):
    """Whether a product is on the list, and how many are on it."""

    product_id: UUID
    wished: bool
    count: int
