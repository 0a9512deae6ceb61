"""What the cart service answers to other services' internal calls; it publishes nothing."""

import msgspec


class CartContentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a cart: a SKU, how many, and whether it is ticked for ordering."""

    sku: str
    quantity: int
    selected: bool


class CartContent(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/carts/{member_id}: a member's cart."""

    cart_id: str
    version: int
    lines: list[CartContentLine]
