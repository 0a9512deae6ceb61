"""What the shipping API reads and answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

Amount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class NewQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/shipping/quotes: what is sent where; amounts in won, weight in grams."""

    zip: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$", examples=["04524"])]
    items_total: Amount
    weight_grams: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class Disclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody's address is to be seen unmasked; it is recorded."""

    reason: Annotated[str, msgspec.Meta(max_length=1000)]


Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class NewParcelLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many pieces of a SKU."""

    sku: Sku
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99_900)]


class NewParcel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parcel as it is handed over. Without lines it holds all that is left to send."""

    courier: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$", max_length=40)]
    tracking_number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    lines: Annotated[list[NewParcelLine], msgspec.Meta(max_length=100)] = []


class CourierView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery company, and how many digits its numbers may have."""

    code: str
    name: str
    digits: list[int]


class Couriers(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery companies that parcels are handed to."""

    items: list[CourierView]


class SightingView(msgspec.Struct, frozen=True, kw_only=True):
    """A tracking event; `code` is one of ours, `raw` the carrier's own word."""

    at: datetime
    code: str
    label: str
    raw: str
    place: str


class ShipmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment in a list."""

    id: UUID
    order_id: UUID
    order_number: str
    status: str
    status_label: str
    carrier: str
    tracking_number: str | None
    created_at: datetime
    updated_at: datetime


class ShipmentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Shipments, the newest first; `next_cursor` leads to older ones."""

    items: list[ShipmentView]
    next_cursor: UUID | None


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a shipment."""

    sku: str
    quantity: int


class ParcelView(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel and what is in it."""

    courier: str
    courier_name: str
    tracking_number: str
    handed_over_at: datetime | None
    lines: list[LineView]


class RecipientView(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes; staff see no more of the person than they need: 김*수, no street number."""

    recipient: str
    zip: str
    address1: str
    address2: str


class ShipmentDetail(ShipmentView, frozen=True, kw_only=True):
    """A shipment with its lines, its parcels, its recipient and its tracking, oldest first.

    `by_hand`: staff send it, and `left` is what they have not sent yet.
    """

    lines: list[LineView]
    parcels: list[ParcelView]
    by_hand: bool
    left: list[LineView]
    recipient: RecipientView | None
    tracking: list[SightingView]


class DeliveryNoted(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment of which staff said that it arrived."""

    id: UUID
    order_id: UUID
    status: str


class WebhookTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the notice was of a parcel of ours."""

    known: bool
