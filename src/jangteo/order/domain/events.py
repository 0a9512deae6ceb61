"""What can happen to one order: the events of its stream.

An event is never edited. Where its form has to change, a new version gets a new class, and the old one an upcaster in
`upcasting.py`.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from jangteo.kit.eventstore import DomainEvent


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing bought, as it was offered at that moment; amounts in minor units."""

    sku: str
    product_id: UUID
    slug: str
    name_ko: str
    name_en: str
    option: str
    picture: str
    quantity: int
    unit_price: int
    tax_free: bool
    weight_grams: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing it costs, in minor units: the fee after the free-over rule, plus the surcharge of the zone.

    The days are those between which the buyer was told that it comes; orders of before that was told have none.
    """

    base_fee: int
    surcharge: int
    zone: str
    arrives_from: date | None = None
    arrives_until: date | None = None

    @property
    def fee(self) -> int:
        """Return the whole fee in minor units."""
        return self.base_fee + self.surcharge


class OrderPlaced(DomainEvent, frozen=True, kw_only=True):
    """주문접수. `address` is sealed under the member's person key; `vat` is what the total contains of it."""

    type: ClassVar[str] = "order.placed/2"
    number: str
    member_id: UUID
    currency: str
    lines: tuple[Line, ...]
    items_total: int
    delivery: Delivery
    total: int
    vat: int
    cart_id: str | None
    address: str
    pay_until: datetime
    hold_until: datetime


class PaymentChosen(DomainEvent, frozen=True, kw_only=True):
    """The buyer named a means of payment; it is asked for as soon as the stock is held.

    `at_once`: the money is authorised and captured by one command; otherwise held first, and captured by another.
    """

    type: ClassVar[str] = "order.payment_chosen/2"
    payment_id: UUID
    provider: str
    token: str
    at_once: bool = True


class StockHeld(DomainEvent, frozen=True, kw_only=True):
    """Everything ordered is set aside until `expires_at`."""

    type: ClassVar[str] = "order.stock_held/1"
    expires_at: datetime


class Rejected(DomainEvent, frozen=True, kw_only=True):
    """There is not enough stock; nothing is held and nothing was charged."""

    type: ClassVar[str] = "order.rejected/1"
    reason: str
    skus: tuple[str, ...]


class StrayStockReturned(DomainEvent, frozen=True, kw_only=True):
    """Stock was set aside for an order that had been rejected already; it is given back."""

    type: ClassVar[str] = "order.stray_stock_returned/1"


class ConfirmationAsked(DomainEvent, frozen=True, kw_only=True):
    """The buyer has to confirm at the provider's page `url`."""

    type: ClassVar[str] = "order.confirmation_asked/1"
    payment_id: UUID
    url: str


class PaymentDeclined(DomainEvent, frozen=True, kw_only=True):
    """This attempt failed; another may be made until the payment window closes."""

    type: ClassVar[str] = "order.payment_declined/1"
    payment_id: UUID
    reason: str


class PaymentAuthorised(DomainEvent, frozen=True, kw_only=True):
    """The provider holds the money for us."""

    type: ClassVar[str] = "order.payment_authorised/1"
    payment_id: UUID


class PaymentCaptured(DomainEvent, frozen=True, kw_only=True):
    """결제완료: the money is ours."""

    type: ClassVar[str] = "order.payment_captured/1"
    payment_id: UUID
    amount: int


class StockSold(DomainEvent, frozen=True, kw_only=True):
    """What was set aside is sold now."""

    type: ClassVar[str] = "order.stock_sold/1"


class ShipmentPrepared(DomainEvent, frozen=True, kw_only=True):
    """The carrier knows of the parcel."""

    type: ClassVar[str] = "order.shipment_prepared/1"
    carrier: str
    tracking_number: str


class Shipped(DomainEvent, frozen=True, kw_only=True):
    """배송중: the carrier has the parcel since `since`."""

    type: ClassVar[str] = "order.shipped/1"
    carrier: str
    tracking_number: str
    since: datetime


class DeliveryReported(DomainEvent, frozen=True, kw_only=True):
    """The hand-over was heard of before the pick-up; it counts once the pick-up is heard of, too."""

    type: ClassVar[str] = "order.delivery_reported/1"
    since: datetime


class Delivered(DomainEvent, frozen=True, kw_only=True):
    """배송완료: the parcel was handed over at `since`."""

    type: ClassVar[str] = "order.delivered/1"
    since: datetime


class CancellationStarted(DomainEvent, frozen=True, kw_only=True):
    """Whatever the order holds is being given back. `note` is the buyer's own words, sealed."""

    type: ClassVar[str] = "order.cancellation_started/1"
    reason: str
    note: str = ""


class CancellationRefused(DomainEvent, frozen=True, kw_only=True):
    """The parcel is with the carrier: the order goes on as it was."""

    type: ClassVar[str] = "order.cancellation_refused/1"


class ShipmentStopped(DomainEvent, frozen=True, kw_only=True):
    """Nothing will be sent."""

    type: ClassVar[str] = "order.shipment_stopped/1"


class MoneyReturned(DomainEvent, frozen=True, kw_only=True):
    """No attempt holds or keeps money any more; `refunded` was given back."""

    type: ClassVar[str] = "order.money_returned/1"
    refunded: int


class StockReturned(DomainEvent, frozen=True, kw_only=True):
    """Nothing is held or sold for this order any more."""

    type: ClassVar[str] = "order.stock_returned/1"


class Cancelled(DomainEvent, frozen=True, kw_only=True):
    """Everything is given back; the order is over."""

    type: ClassVar[str] = "order.cancelled/1"
    reason: str
    refunded: int


class Refunded(DomainEvent, frozen=True, kw_only=True):
    """Staff gave back `amount`; `refunded_in_all` so far."""

    type: ClassVar[str] = "order.refunded/1"
    refund_id: UUID
    amount: int
    refunded_in_all: int


class RefundLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces of a line, given back."""

    sku: str
    quantity: int


class RefundRequested(DomainEvent, frozen=True, kw_only=True):
    """Staff set out to give `amount` back: of `lines` and `shipping_fee`, or of nothing in particular.

    With `restock` the goods can be sold again. `reason` is sealed.
    """

    type: ClassVar[str] = "order.refund_requested/1"
    refund_id: UUID
    payment_id: UUID
    by: UUID
    amount: int
    lines: tuple[RefundLine, ...]
    shipping_fee: int
    restock: bool
    reason: str


class RefundFailed(DomainEvent, frozen=True, kw_only=True):
    """Nothing was given back; `reason` is the payment service's code."""

    type: ClassVar[str] = "order.refund_failed/1"
    refund_id: UUID
    reason: str


class GoodsRestocked(DomainEvent, frozen=True, kw_only=True):
    """The goods of a refund can be sold again."""

    type: ClassVar[str] = "order.goods_restocked/1"
    refund_id: UUID


EVENTS: tuple[type[DomainEvent], ...] = (
    OrderPlaced,
    PaymentChosen,
    StockHeld,
    Rejected,
    StrayStockReturned,
    ConfirmationAsked,
    PaymentDeclined,
    PaymentAuthorised,
    PaymentCaptured,
    StockSold,
    ShipmentPrepared,
    Shipped,
    DeliveryReported,
    Delivered,
    CancellationStarted,
    CancellationRefused,
    ShipmentStopped,
    MoneyReturned,
    StockReturned,
    Cancelled,
    Refunded,
    RefundRequested,
    RefundFailed,
    GoodsRestocked,
)
