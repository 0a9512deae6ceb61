"""What the order service publishes, and what it answers to other services' internal calls."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing bought: a SKU and how many."""

    sku: str
    quantity: int


class OrderMessage(Message, frozen=True, kw_only=True):
    """What every message about an order names."""

    key: ClassVar[str] = "order_id"
    order_id: UUID
    order_number: str
    member_id: UUID


class OrderPlaced(OrderMessage, frozen=True, kw_only=True):
    """주문접수: the order was taken; nothing is reserved or paid yet."""

    type: ClassVar[str] = "order.placed.v1"
    total: int
    currency: str
    lines: list[OrderLine]


class OrderRejected(OrderMessage, frozen=True, kw_only=True):
    """The order cannot be fulfilled: `reason` is a stable code such as `stock.insufficient`."""

    type: ClassVar[str] = "order.rejected.v1"
    reason: str
    skus: list[str]


class OrderPaymentFailed(OrderMessage, frozen=True, kw_only=True):
    """A payment attempt failed; another may be made until `retry_until`."""

    type: ClassVar[str] = "order.payment_failed.v1"
    reason: str
    retry_until: datetime


class OrderPaid(OrderMessage, frozen=True, kw_only=True):
    """결제완료: the money is captured. `cart_id` is set where the order came out of a cart."""

    type: ClassVar[str] = "order.paid.v1"
    total: int
    currency: str
    lines: list[OrderLine]
    cart_id: str | None


class OrderShipped(OrderMessage, frozen=True, kw_only=True):
    """배송중: the parcel is with the carrier."""

    type: ClassVar[str] = "order.shipped.v1"
    carrier: str
    tracking_number: str


class OrderDelivered(OrderMessage, frozen=True, kw_only=True):
    """배송완료: the parcel was handed over."""

    type: ClassVar[str] = "order.delivered.v1"
    lines: list[OrderLine]


class OrderCancelled(OrderMessage, frozen=True, kw_only=True):
    """The order is over and everything it held is given back; `refunded` is in minor units."""

    type: ClassVar[str] = "order.cancelled.v1"
    reason: str
    refunded: int
    currency: str


class OrderRefunded(OrderMessage, frozen=True, kw_only=True):
    """Part of the money of an order that goes on was given back."""

    type: ClassVar[str] = "order.refunded.v1"
    amount: int
    refunded_in_all: int
    currency: str


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order as a person reads it."""

    sku: str
    name_ko: str
    name_en: str
    option: str
    quantity: int
    unit_price: int


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/orders/{order_id}: what a mail or a page needs, without personal data."""

    order_id: UUID
    order_number: str
    member_id: UUID
    status: str
    currency: str
    items_total: int
    shipping_fee: int
    total: int
    placed_at: datetime
    lines: list[MailLine]


class DeliveryAddress(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/orders/{order_id}/delivery: personal data, for the shipping service only."""

    order_id: UUID
    member_id: UUID
    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str = ""
    weight_grams: int = 0
