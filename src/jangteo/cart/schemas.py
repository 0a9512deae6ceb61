"""What the cart service reads and answers over HTTP."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from jangteo.cart.domain import Quantity, Sku, Standing


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
