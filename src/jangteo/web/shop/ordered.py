"""An order as the pages show it: those parts of the mall's answers that are read here."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.web.visit import Visit

PATH = "/account/orders"
# Where paying still goes on, and where another card may be tried.
UNDECIDED = ("chosen", "action_required")
PAYABLE = ("placed", "reserved")
ENDED = ("rejected", "cancelling", "cancelled")
PAID = ("paid", "shipped", "delivered")


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was ordered."""

    sku: str
    product_id: UUID
    slug: str
    name: str
    option: str
    picture: str
    quantity: int
    unit_price: int
    total: int
    tax_free: bool = False


class OrderDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What its delivery costs, and when it was promised for."""

    fee: int
    base_fee: int
    surcharge: int
    zone: str
    arrives_from: date | None = None
    arrives_until: date | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """How paying goes."""

    stage: str
    reason: str = ""
    reason_label: str = ""
    url: str = ""
    retry_until: datetime | None = None


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is told after a change."""

    order_id: UUID
    order_number: str
    status: str
    status_label: str
    reason_label: str
    lines: tuple[OrderLine, ...]
    items_total: int
    shipping: OrderDelivery
    total: int
    vat: int
    refunded: int
    placed_at: datetime
    pay_until: datetime
    payment: Payment

    @property
    def path(self) -> str:
        """Return the address of its page."""
        return f"{PATH}/{self.order_id}"

    @property
    def can_be_paid(self) -> bool:
        """Return whether a card may be tried now."""
        return self.status in PAYABLE and self.payment.stage not in UNDECIDED

    @property
    def must_be_confirmed(self) -> bool:
        """Return whether the buyer is expected at the page of the card's issuer."""
        return self.status in PAYABLE and self.payment.stage == "action_required"

    @property
    def is_paid(self) -> bool:
        """Return whether the money is there."""
        return self.status in PAID

    @property
    def has_ended(self) -> bool:
        """Return whether nothing will come of it."""
        return self.status in ENDED


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes."""

    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """The parcel at the carrier."""

    carrier: str
    tracking_number: str
    delivered_at: datetime | None


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the time line."""

    version: int
    at: datetime
    what: str
    label: str
    actor: str


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Money that staff gave back, and why."""

    amount: int
    state: str
    state_label: str
    reason: str | None


class Detail(Ordered, frozen=True, kw_only=True):
    """GET /v1/orders/{id}."""

    version: int
    cancellable: bool
    cancel_refused: bool
    cancel_note: str
    shipment: Shipment | None
    address: Where | None
    timeline: tuple[Happened, ...]
    refunds: tuple[GivenBack, ...] = ()

    @property
    def given_back(self) -> list[GivenBack]:
        """Return the refunds that a buyer has something from: done, or on their way."""
        return [one for one in self.refunds if one.state in ("requested", "succeeded")]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    order_id: UUID
    order_number: str
    status: str
    status_label: str
    title: str
    picture: str
    lines: int
    total: int
    placed_at: datetime


class Orders(msgspec.Struct, frozen=True):
    """GET /v1/orders."""

    items: tuple[Item, ...]
    next_cursor: str | None


async def detail(visit: Visit, order_id: UUID) -> Detail:
    """Return an order. Raises Problem; LoginNeeded for a guest."""
    visit.require_member()
    return await visit.mall.get(f"/v1/orders/{order_id}", Detail)


async def ask(visit: Visit, order_id: UUID, what: str, body: dict[str, Any], once: str, wait: int) -> Ordered:
    """Ask something of an order and return what has become of it after `wait` seconds at the most. Raises Problem."""
    path = f"/v1/orders/{order_id}/{what}"
    return await visit.mall.post(path, body, Ordered, once=once, headers={"Prefer": f"wait={wait}"})
