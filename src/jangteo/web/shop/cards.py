"""A product as lists show it."""

from uuid import UUID

import msgspec


class Named(msgspec.Struct, frozen=True):
    """A code and what it is called."""

    code: str
    name: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list: its lowest price, what that was before, and its stock `level`: "in", "low" or "out"."""

    id: UUID
    slug: str
    name: str
    brand: Named | None = None
    price: int
    list_price: int | None = None
    discount_percent: int = 0
    price_varies: bool = False
    picture: str | None = None
    level: str = "in"
    available: bool = True


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """A page of products."""

    items: tuple[Card, ...] = ()
    total: int = 0
    next_cursor: str | None = None
