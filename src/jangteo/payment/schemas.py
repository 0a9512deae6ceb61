"""JSON in and out of the payment service; amounts are integers of the currency's smallest unit."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from jangteo.payment.domain.attempt import Refund


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/refunds."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
    # PostgreSQL keeps any text but one with a NUL in it.
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """A refund; `state` is requested, succeeded or failed, and `failure` says why."""

    id: UUID
    payment_id: UUID
    amount: int
    currency: str
    state: str
    failure: str
    reason: str
    created_at: datetime


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to pay; `reason` says why nothing came of it."""

    id: UUID
    order_id: UUID
    order_number: str
    provider: str
    state: str
    reason: str
    amount: int
    currency: str
    captured: int
    refunded: int
    refunding: int
    card_brand: str | None
    card_last4: str | None
    action_url: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


class PaymentDetail(PaymentView, frozen=True, kw_only=True):
    """An attempt with its refunds, oldest first."""

    refunds: list[RefundView]


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of an order, oldest first."""

    items: list[PaymentView]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a movement: positive is a debit. The two sides of a movement share `reference` and sum to zero."""

    kind: str
    reference: UUID
    account: str
    amount: int
    currency: str
    at: datetime


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What was booked for an attempt, oldest first."""

    items: list[EntryView]


class MethodView(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay. The buyer's browser posts the card to `tokenise_url`, or shows `form_url` in a frame."""

    provider: str
    kind: str
    tokenise_url: str
    form_url: str
    test_mode: bool
    available: bool


class Methods(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to pay, in the order in which to offer them."""

    items: list[MethodView]


class NewPaymentPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/payment-pages: what the buyer is to see there, and the shop's own address to be led back to."""

    provider: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$", max_length=40)]
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="The order's number, say.")]
    amount: Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3)] = "KRW"
    return_url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s\"'<>;,]+$", max_length=500)]


class PaymentPage(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's page. It leads back to `return_url` with `reference`, `status` (completed or left) and `token`.

    The token pays the amount that was shown, once.
    """

    url: str
    expires_at: datetime


class WebhookTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is told of its webhook; `known` is false where it is about nothing of ours."""

    known: bool


def refund_view(refund: Refund) -> RefundView:
    """Show a refund."""
    return RefundView(**{name: getattr(refund, name) for name in RefundView.__struct_fields__})
