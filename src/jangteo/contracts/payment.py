"""What the payment service publishes and is told. A token stands for a card; no card number is ever here."""

from typing import ClassVar
from uuid import UUID

from jangteo.kit.messages import Message


class PaymentMessage(Message, frozen=True, kw_only=True):
    """Whatever is said about one payment attempt (`payment_id`) of an order."""

    key: ClassVar[str] = "order_id"
    order_id: UUID
    payment_id: UUID


class AuthorisePayment(PaymentMessage, frozen=True, kw_only=True):
    """Command: ask the provider for this amount (minor units). `payment_id` is chosen by the asker.

    `capture`: take the money as well; `payment.captured.v1` is then the answer, and no capture is commanded.
    """

    type: ClassVar[str] = "payment.authorise.v1"
    member_id: UUID
    order_number: str
    amount: int
    currency: str
    provider: str
    method_token: str
    capture: bool = False


class CapturePayment(PaymentMessage, frozen=True, kw_only=True):
    """Command: take the authorised money."""

    type: ClassVar[str] = "payment.capture.v1"


class CancelPayment(Message, frozen=True, kw_only=True):
    """Command: void or refund every attempt of the order, and refuse any that comes later."""

    type: ClassVar[str] = "payment.cancel.v1"
    key: ClassVar[str] = "order_id"
    order_id: UUID
    reason: str


class RefundPayment(PaymentMessage, frozen=True, kw_only=True):
    """Command: give `amount` back, once for `refund_id`, which is chosen by the asker; staff `requested_by` it."""

    type: ClassVar[str] = "payment.refund.v1"
    refund_id: UUID
    amount: int
    currency: str
    reason: str
    requested_by: UUID


class PaymentAuthorised(PaymentMessage, frozen=True, kw_only=True):
    """Event: the provider holds the amount for us."""

    type: ClassVar[str] = "payment.authorised.v1"
    amount: int
    currency: str


class PaymentDeclined(PaymentMessage, frozen=True, kw_only=True):
    """Event: the provider refused; `reason` is a stable code such as `card_declined`."""

    type: ClassVar[str] = "payment.declined.v1"
    reason: str


class PaymentActionRequired(PaymentMessage, frozen=True, kw_only=True):
    """Event: the buyer must confirm at the provider's page `url`."""

    type: ClassVar[str] = "payment.action_required.v1"
    url: str


class PaymentCaptured(PaymentMessage, frozen=True, kw_only=True):
    """Event: the money is ours."""

    type: ClassVar[str] = "payment.captured.v1"
    amount: int
    currency: str


class PaymentCaptureFailed(PaymentMessage, frozen=True, kw_only=True):
    """Event: the authorised money could not be taken."""

    type: ClassVar[str] = "payment.capture_failed.v1"
    reason: str


class PaymentCancelled(Message, frozen=True, kw_only=True):
    """Event: no attempt of the order holds or keeps money any more; `refunded` was given back."""

    type: ClassVar[str] = "payment.cancelled.v1"
    key: ClassVar[str] = "order_id"
    order_id: UUID
    refunded: int
    currency: str


class PaymentRefunded(PaymentMessage, frozen=True, kw_only=True):
    """Event: staff gave back `amount`; `refunded_in_all` so far."""

    type: ClassVar[str] = "payment.refunded.v1"
    refund_id: UUID
    amount: int
    refunded_in_all: int
    currency: str


class PaymentRefundFailed(PaymentMessage, frozen=True, kw_only=True):
    """Event: a refund that was asked for came to nothing, for good; `reason` is a stable code."""

    type: ClassVar[str] = "payment.refund_failed.v1"
    refund_id: UUID
    reason: str
