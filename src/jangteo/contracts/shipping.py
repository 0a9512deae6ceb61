"""What the shipping service publishes and is told, and its fee quote."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message


class ShipmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a shipment."""

    sku: str
    quantity: int


class ShippingMessage(Message, frozen=True, kw_only=True):
    """Whatever is said about the shipment of an order."""

    key: ClassVar[str] = "order_id"
    order_id: UUID


class CreateShipment(ShippingMessage, frozen=True, kw_only=True):
    """Command: make the shipment of a paid order; its address is asked of the order service."""

    type: ClassVar[str] = "shipping.create_shipment.v1"
    order_number: str
    member_id: UUID
    lines: list[ShipmentLine]
    weight_grams: int


class CancelShipment(ShippingMessage, frozen=True, kw_only=True):
    """Command: stop it unless it is on its way; refuse one that comes later."""

    type: ClassVar[str] = "shipping.cancel_shipment.v1"


class ShipmentCreated(ShippingMessage, frozen=True, kw_only=True):
    """Event: the carrier knows of the parcel."""

    type: ClassVar[str] = "shipping.shipment_created.v1"
    shipment_id: UUID
    carrier: str
    tracking_number: str


class ShipmentDispatched(ShippingMessage, frozen=True, kw_only=True):
    """Event: the carrier has picked the first parcel up (배송중)."""

    type: ClassVar[str] = "shipping.shipment_dispatched.v1"
    shipment_id: UUID
    carrier: str
    tracking_number: str
    at: datetime


class ShipmentDelivered(ShippingMessage, frozen=True, kw_only=True):
    """Event: every parcel was handed over (배송완료)."""

    type: ClassVar[str] = "shipping.shipment_delivered.v1"
    shipment_id: UUID
    at: datetime


class ShipmentCancelled(ShippingMessage, frozen=True, kw_only=True):
    """Event: nothing will be sent."""

    type: ClassVar[str] = "shipping.shipment_cancelled.v1"


class ShipmentCancelRefused(ShippingMessage, frozen=True, kw_only=True):
    """Event: too late, the parcel is with the carrier."""

    type: ClassVar[str] = "shipping.shipment_cancel_refused.v1"


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /internal/quotes: what the delivery of these goods to `zip` costs."""

    zip: str
    items_total: int
    weight_grams: int
    currency: str = "KRW"


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Days in Korea: when a parcel leaves, and between which days it arrives, if it is ordered before `order_by`."""

    order_by: datetime
    leaves_on: date
    arrives_from: date
    arrives_until: date


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The fee in minor units: base after the free-over rule, plus the surcharge of the zone.

    `free_over_missing` is what has to be added to the goods for the base fee to fall away; 0 where it has.
    """

    fee: int
    base_fee: int
    surcharge: int
    zone: str  # "mainland" | "jeju" | "island"
    currency: str
    free_over: int
    free_over_missing: int = 0
    promise: Promise | None = None
