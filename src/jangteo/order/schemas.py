"""What the public API takes and answers; amounts are integer won, times UTC."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

MAX_LINES = 100
MAX_QUANTITY = 999
MAX_AMOUNT = 100_000_000_000

Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="SKU of a variant.")]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]
Zip = Annotated[str, msgspec.Meta(pattern="^[0-9]{5}$", max_length=5, description="Korean postal code, five digits.")]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class LineInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A SKU and how many of it; the same SKU may come twice and is summed."""

    sku: Sku
    quantity: Quantity


Lines = Annotated[list[LineInput], msgspec.Meta(min_length=1, max_length=MAX_LINES)]


class AddressInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the order goes."""

    recipient: Name
    phone: Annotated[str, msgspec.Meta(min_length=8, max_length=24, description="Korean, or with country code.")]
    zip: Zip
    address1: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    address2: Text = ""
    note: Text = ""


class PaymentInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to pay: the provider and the token that it gave for the card. Never a card number."""

    provider: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$", max_length=40)]
    token: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_.:-]{1,200}$", max_length=200)]


class OrderInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order: of `lines`, or of the ticked lines of the cart. Without `payment` it waits for one."""

    address: AddressInput
    lines: Lines | None = None
    from_cart: bool = False
    payment: PaymentInput | None = None
    expected_total: Annotated[int, msgspec.Meta(ge=0)] | None = None


class QuoteInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an order would contain and where it would go."""

    zip: Zip
    lines: Lines | None = None
    from_cart: bool = False


class CancellationInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cancellation; `reason` is in the buyer's own words."""

    reason: Text = ""


class RefundInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given back: pieces and a part of the delivery fee, or an amount of nothing in particular; in won.

    With `restock` the pieces can be sold again. The buyer reads the reason.
    """

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    lines: Annotated[list[LineInput], msgspec.Meta(max_length=MAX_LINES)] = []
    shipping_fee: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)] = 0
    amount: Annotated[int, msgspec.Meta(ge=1, le=MAX_AMOUNT)] | None = None
    restock: bool = False


class Disclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody's address is to be seen unmasked; it is recorded."""

    reason: Annotated[str, msgspec.Meta(max_length=1000)]


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was ordered; `name` is in the reader's language, `total` is `unit_price` times `quantity`."""

    sku: str
    product_id: UUID
    slug: str
    name: str
    name_ko: str
    name_en: str
    option: str
    picture: str
    quantity: int
    unit_price: int
    total: int
    tax_free: bool


class DeliveryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the delivery costs: `fee` = `base_fee` + `surcharge` of the zone; the days in Korea when it is to come."""

    fee: int
    base_fee: int
    surcharge: int
    zone: str
    arrives_from: date | None = None
    arrives_until: date | None = None


class QuoteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What it would cost now; `vat` is contained in `total`.

    `free_over_missing`: what more goods would make the base fee fall away. Until `order_by` the promised days hold.
    """

    currency: str
    lines: list[LineAnswer]
    items_total: int
    shipping: DeliveryAnswer
    total: int
    vat: int
    free_over_missing: int
    order_by: datetime | None


class PaymentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How paying goes. `url`: where the buyer confirms; `retry_until`: another card may be tried until then."""

    stage: str
    payment_id: UUID | None = None
    reason: str = ""
    reason_label: str = ""
    url: str = ""
    retry_until: datetime | None = None


class ShipmentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The parcel at the carrier."""

    carrier: str
    tracking_number: str
    delivered_at: datetime | None


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is told after a request that changed it."""

    order_id: UUID
    order_number: str
    status: str
    status_label: str
    reason: str
    reason_label: str
    currency: str
    lines: list[LineAnswer]
    items_total: int
    shipping: DeliveryAnswer
    total: int
    vat: int
    refunded: int
    placed_at: datetime
    pay_until: datetime
    payment: PaymentAnswer


class EntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the time line; `actor` is buyer, staff, clock, or the service that said so; `amount` is in won."""

    version: int
    at: datetime
    what: str
    label: str
    status: str
    status_label: str
    actor: str
    amount: int


class AddressAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where the order goes; masked for anybody but the buyer."""

    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str


class RefundLineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces of a line."""

    sku: str
    quantity: int


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back. `state` is requested, succeeded, failed, or superseded by the end of the whole order.

    `reason` is null once the person was erased; `failure` is a stable code.
    """

    refund_id: UUID
    amount: int
    state: str
    state_label: str
    failure: str
    reason: str | None
    lines: list[RefundLineAnswer]
    shipping_fee: int
    restock: bool
    restocked: bool


class OrderDetail(OrderAnswer, frozen=True, kw_only=True):
    """An order with everything there is to see; `address` is null once the person was erased.

    `refundable` is what staff can still give back, refunds under way taken off.
    """

    member_id: UUID
    version: int
    updated_at: datetime
    cancellable: bool
    cancel_refused: bool
    cancel_note: str
    shipment: ShipmentAnswer | None
    address: AddressAnswer | None
    refundable: int
    refunds: list[RefundAnswer]
    timeline: list[EntryAnswer]


class OrderItem(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list; `title` names its first line, `lines` counts them."""

    order_id: UUID
    order_number: str
    member_id: UUID
    status: str
    status_label: str
    title: str
    picture: str
    lines: int
    total: int
    currency: str
    placed_at: datetime
    updated_at: datetime


class OrderList(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the newest first; `next_cursor` is null at the end."""

    items: list[OrderItem]
    next_cursor: str | None


class FiguresAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `start` on, for a day, an hour, or a whole period.

    `net_sales` is `sales` less what was `refunded` in that time, whenever it was sold. `conversion` is the share of the
    orders placed in that time that were paid, whenever they were; null where none was placed.
    """

    start: datetime
    placed: int
    placed_total: int
    paid: int
    sales: int
    refunded: int
    net_sales: int
    converted: int
    conversion: float | None
    cancelled: int
    rejected: int


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the days `first` to `last` in `zone`: in all, and in steps, the oldest first."""

    step: str
    zone: str
    currency: str
    first: date
    last: date
    total: FiguresAnswer
    items: list[FiguresAnswer]
