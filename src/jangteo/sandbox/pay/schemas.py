"""What the card processor reads and shows: JSON in and out."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from jangteo.sandbox.pay.domain import Payment, Refund

Amount = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ReturnUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s\"'<>;,]+$", max_length=500)]
Currency = Literal["KRW", "JPY", "USD", "EUR", "CNY"]


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/tokens: a card as its holder types it."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    expiry_month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    expiry_year: Annotated[int, msgspec.Meta(ge=2000, le=2099)]
    cvc: Annotated[str, msgspec.Meta(max_length=4)]
    holder: Annotated[str, msgspec.Meta(max_length=100)] = ""

    def __repr__(self) -> str:
        """Show nothing of the card: a traceback may print what a function was called with."""
        return "NewToken(…)"


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop is told of a card."""

    token: str
    brand: str
    last4: str
    expiry: str


class NewPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments."""

    reference: Reference
    amount: Amount
    currency: Currency
    token: Annotated[str, msgspec.Meta(max_length=100)]
    capture: bool = False
    return_url: ReturnUrl | None = None


class NewCardPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/card-pages: `return_url` must be one of the shop's own."""

    reference: Reference
    amount: Amount
    currency: Currency
    return_url: ReturnUrl


class CardPageView(msgspec.Struct, frozen=True, kw_only=True):
    """A card page as the merchant sees it; its reader is sent to `url`."""

    url: str
    reference: str
    expires_at: datetime


class NewCapture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/capture."""

    amount: Amount


class NewVoid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/void: nothing to say."""


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/refunds."""

    amount: Amount
    reference: Reference | None = None


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a payment."""

    brand: str
    last4: str
    expiry: str


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the merchant sees it."""

    id: str
    reference: str
    status: str
    amount: int
    currency: str
    captured_amount: int
    refunded_amount: int
    card: CardView
    decline_code: str | None
    confirmation_url: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the merchant sees it."""

    id: str
    payment_id: str
    amount: int
    currency: str
    reference: str | None
    status: str
    created_at: datetime


class MovementView(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of the balance: positive came in, negative went out."""

    id: int
    type: str
    amount: int
    currency: str
    payment_id: str
    refund_id: str | None
    reference: str | None
    created_at: datetime


def instant(seconds: float) -> datetime:
    """Return unix seconds as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def payment_view(payment: Payment, own_url: str) -> PaymentView:
    """Show a payment; the confirmation page lives under `own_url`."""
    waiting = payment.confirmation_key is not None and payment.status == "requires_confirmation"
    return PaymentView(
        id=payment.id,
        reference=payment.reference,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        captured_amount=payment.captured_amount,
        refunded_amount=payment.refunded_amount,
        card=CardView(brand=payment.brand, last4=payment.last4, expiry=payment.expiry),
        decline_code=payment.decline_code,
        confirmation_url=f"{own_url}/confirm/{payment.confirmation_key}" if waiting else None,
        created_at=instant(payment.created_at),
        updated_at=instant(payment.updated_at),
        expires_at=None if payment.expires_at is None else instant(payment.expires_at),
    )


def refund_view(refund: Refund, currency: str) -> RefundView:
    """Show a refund."""
    return RefundView(
        id=refund.id,
        payment_id=refund.payment_id,
        amount=refund.amount,
        currency=currency,
        reference=refund.reference,
        status="succeeded",
        created_at=instant(refund.created_at),
    )
