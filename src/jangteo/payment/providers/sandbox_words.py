"""What the sandbox's card processor says, word for word (see docs/sandbox.md)."""

from datetime import datetime
from typing import Literal

import msgspec

from jangteo.payment.domain.attempt import SeenStatus

Status = Literal["requires_confirmation", "authorized", "declined", "captured", "refunded", "voided", "expired"]
STATUS: dict[Status, SeenStatus] = {
    "requires_confirmation": SeenStatus.WAITING,
    "authorized": SeenStatus.HELD,
    "declined": SeenStatus.DECLINED,
    "captured": SeenStatus.TAKEN,
    "refunded": SeenStatus.TAKEN,
    "voided": SeenStatus.RELEASED,
    "expired": SeenStatus.LAPSED,
}


class Card(msgspec.Struct, frozen=True):
    """What is told of a card."""

    brand: str
    last4: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment."""

    id: str
    reference: str
    status: Status
    amount: int
    currency: str
    captured_amount: int
    card: Card
    decline_code: str | None
    confirmation_url: str | None
    expires_at: datetime | None


class Payments(msgspec.Struct, frozen=True):
    """A page of payments."""

    data: list[Payment]
    has_more: bool


class RefundMade(msgspec.Struct, frozen=True, kw_only=True):
    """A refund."""

    id: str
    amount: int
    currency: str
    reference: str | None


class Refunds(msgspec.Struct, frozen=True):
    """The refunds of a payment."""

    data: list[RefundMade]


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of the balance."""

    id: int
    type: Literal["charge", "refund"]
    refund_id: str | None
    amount: int
    currency: str
    reference: str | None
    created_at: datetime


class Movements(msgspec.Struct, frozen=True):
    """A page of movements."""

    data: list[Movement]
    has_more: bool


class EventData(msgspec.Struct, frozen=True):
    """What an event is about."""

    payment: Payment | None = None
    refund: RefundMade | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    id: str
    type: str
    data: EventData


class Problem(msgspec.Struct, frozen=True):
    """A refusal."""

    code: str = ""


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page for typing a card."""

    url: str
    expires_at: datetime
