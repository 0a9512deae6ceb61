"""What the office reads of the API's answers about orders and shipments; amounts in won, times in UTC."""

from datetime import datetime
from uuid import UUID

import msgspec


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    order_id: UUID
    order_number: str
    status: str
    status_label: str
    title: str
    total: int
    placed_at: datetime


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/staff/orders."""

    items: list[Item]
    next_cursor: str | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was ordered."""

    sku: str
    name: str
    option: str
    quantity: int
    unit_price: int
    total: int


class Shipping(msgspec.Struct, frozen=True, kw_only=True):
    """What the delivery cost."""

    fee: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """How paying went."""

    stage: str
    reason_label: str = ""


class Pieces(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a SKU."""

    sku: str
    quantity: int


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back."""

    amount: int
    state: str
    state_label: str
    reason: str | None
    lines: list[Pieces]
    shipping_fee: int
    restock: bool
    restocked: bool


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order goes, masked or not."""

    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the time line."""

    version: int
    at: datetime
    what: str
    label: str
    actor: str
    amount: int = 0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/orders/{id}, as staff."""

    order_id: UUID
    order_number: str
    member_id: UUID
    version: int
    status: str
    status_label: str
    reason_label: str
    cancel_note: str
    cancellable: bool
    lines: list[Line]
    items_total: int
    shipping: Shipping
    total: int
    vat: int
    refunded: int
    refundable: int
    refunds: list[Refund]
    placed_at: datetime
    payment: Payment
    address: Address | None
    timeline: list[Happening]

    def pieces_left(self, sku: str) -> int:
        """Return how many pieces of a line can still be given back."""
        bought = sum(line.quantity for line in self.lines if line.sku == sku)
        given = sum(
            part.quantity
            for refund in self.refunds
            if refund.state != "failed"
            for part in refund.lines
            if part.sku == sku
        )
        return bought - given

    @property
    def fee_left(self) -> int:
        """Return what can still be given back of the delivery fee."""
        return self.shipping.fee - sum(one.shipping_fee for one in self.refunds if one.state != "failed")

    def name_of(self, sku: str) -> str:
        """Return what a line is called."""
        return next((f"{line.name} {line.option}".strip() for line in self.lines if line.sku == sku), sku)


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel and what is in it."""

    courier_name: str
    tracking_number: str
    handed_over_at: datetime | None
    lines: list[Pieces]


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel was seen."""

    at: datetime
    label: str
    place: str


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/shipments/{id}."""

    id: UUID
    status: str
    status_label: str
    parcels: list[Parcel]
    by_hand: bool
    left: list[Pieces]
    tracking: list[Sighting]


class ShipmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment in a list."""

    id: UUID


class Shipments(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/shipments."""

    items: list[ShipmentItem]


class Courier(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery company."""

    code: str
    name: str
    digits: list[int]


class Couriers(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/shipping/couriers."""

    items: list[Courier] = []


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member, masked."""

    id: UUID


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/members/search."""

    items: list[Member]
