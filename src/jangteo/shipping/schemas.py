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


class RecipientView(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes; staff see no more of the person than they need: 김*수, no street number."""

    recipient: str
    zip: str
    address1: str
    address2: str


class ShipmentDetail(ShipmentView, frozen=True, kw_only=True):
    """A shipment with its lines, its recipient and its tracking, oldest first."""

    lines: list[LineView]
    recipient: RecipientView | None
    tracking: list[SightingView]


class WebhookTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the notice was of a parcel of ours."""

    known: bool
