"""Where an order goes and what that costs: the address book, quotes, and the days that are promised."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.web.problem import Problem
from jangteo.web.shop.ordered import OrderLine
from jangteo.web.visit import Visit

MAINLAND = "04524"  # stands for all places without a surcharge, where no address is known


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """When it would come if it were ordered before `order_by`; days in Korea."""

    order_by: datetime
    arrives_from: date
    arrives_until: date


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing it costs, and when it comes."""

    fee: int
    base_fee: int
    surcharge: int
    zone: str
    free_over_missing: int = 0
    arrives_from: date | None = None
    arrives_until: date | None = None
    promise: Promise | None = None


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/orders/quote."""

    lines: tuple[OrderLine, ...]
    items_total: int
    shipping: Delivery
    total: int
    vat: int
    free_over_missing: int = 0
    order_by: datetime | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the address book."""

    id: UUID
    label: str
    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str
    is_default: bool


class Addresses(msgspec.Struct, frozen=True):
    """GET /v1/members/me/addresses: the default first."""

    items: tuple[Address, ...] = ()


async def quoted(visit: Visit, zip_code: str, what: dict[str, Any]) -> Quoted:
    """Return what an order of `what` would cost. Raises Problem."""
    return await visit.mall.post("/v1/orders/quote", {"zip": zip_code, **what}, Quoted)


async def addresses(visit: Visit) -> tuple[Address, ...]:
    """Return the member's address book. Raises Problem."""
    return (await visit.mall.get("/v1/members/me/addresses", Addresses)).items


async def default_zip(visit: Visit) -> str:
    """Return where the member has things brought to, as far as that is known."""
    try:
        book = await addresses(visit)
    except Problem:
        return MAINLAND
    return book[0].zip if book else MAINLAND
