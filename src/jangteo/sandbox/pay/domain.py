"""What a payment is and what may be done to it: pure rules over unix seconds and amounts in minor units."""

import msgspec

from jangteo.sandbox.pay.cards import Behaviour
from jangteo.sandbox.pay.states import IllegalMove, Move, Status, move
from jangteo.sandbox.problems import Refusal

AUTHORIZATION_LASTS = 7 * 86400.0
CONFIRMATION_LASTS = 600.0


class NotCapturable(Refusal):
    """Only an authorized payment can be captured, and once."""

    status = 409
    code = "payment_not_capturable"
    detail = "The payment is not in a state to be captured."


class AuthorizationExpired(Refusal):
    """The authorization has run out."""

    status = 409
    code = "authorization_expired"
    detail = "The authorization has expired."


class NotVoidable(Refusal):
    """What was captured is refunded, not voided."""

    status = 409
    code = "payment_not_voidable"
    detail = "The payment is not in a state to be voided."


class NotRefundable(Refusal):
    """Only captured money can be given back."""

    status = 409
    code = "payment_not_refundable"
    detail = "The payment is not in a state to be refunded."


class NotConfirmable(Refusal):
    """Nobody is waiting for a confirmation any more."""

    status = 409
    code = "payment_not_confirmable"
    detail = "The payment does not wait for a confirmation."


class AmountTooLarge(Refusal):
    """More than there is."""

    status = 422
    code = "amount_too_large"
    detail = "The amount is more than what is left of the payment."


class Card(msgspec.Struct, frozen=True):
    """What stays of a card once its number is forgotten."""

    brand: str
    last4: str
    expiry: str  # MM/YY
    behaviour: Behaviour


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment; the fields are the columns of its table, in order."""

    id: str
    reference: str
    status: Status
    amount: int
    currency: str
    captured_amount: int = 0
    refunded_amount: int = 0
    brand: str
    last4: str
    expiry: str
    behaviour: Behaviour
    decline_code: str | None = None
    capture_at_once: bool
    confirmation_key: str | None = None
    return_url: str | None = None
    created_at: float
    updated_at: float
    expires_at: float | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back; the fields are the columns of its table, in order."""

    id: str
    payment_id: str
    amount: int
    reference: str | None
    created_at: float


def begin(payment: Payment, fast_expiry: float) -> Payment:
    """Return a new payment in the state that its card gives it; the one that lapses does in `fast_expiry` seconds."""
    now = payment.created_at
    if payment.behaviour in (Behaviour.DECLINED, Behaviour.INSUFFICIENT_FUNDS):
        code = "card_declined" if payment.behaviour is Behaviour.DECLINED else "insufficient_funds"
        return msgspec.structs.replace(payment, status=Status.DECLINED, decline_code=code)
    if payment.behaviour is Behaviour.NEEDS_CONFIRMATION:
        return msgspec.structs.replace(
            payment, status=Status.REQUIRES_CONFIRMATION, expires_at=now + CONFIRMATION_LASTS
        )
    lasts = fast_expiry if payment.behaviour is Behaviour.EXPIRES_FAST else AUTHORIZATION_LASTS
    return msgspec.structs.replace(payment, status=Status.AUTHORIZED, expires_at=now + lasts)


def capture(payment: Payment, amount: int, now: float) -> Payment:
    """Take `amount`, at most what was authorized; the rest is given up.

    Raises NotCapturable, AuthorizationExpired, AmountTooLarge.
    """
    if payment.status is Status.EXPIRED or (payment.status is Status.AUTHORIZED and is_over(payment, now)):
        raise AuthorizationExpired
    status = _moved(payment, Move.CAPTURE, NotCapturable)
    if amount > payment.amount:
        raise AmountTooLarge(field="amount")
    return msgspec.structs.replace(payment, status=status, captured_amount=amount, updated_at=now, expires_at=None)


def void(payment: Payment, now: float) -> Payment:
    """Give the authorization up. Raises NotVoidable."""
    status = _moved(payment, Move.VOID, NotVoidable)
    return msgspec.structs.replace(payment, status=status, updated_at=now, expires_at=None)


def refund(payment: Payment, amount: int, now: float) -> Payment:
    """Give `amount` back, at most what is left of the capture. Raises NotRefundable, AmountTooLarge."""
    all_status = _moved(payment, Move.REFUND_ALL, NotRefundable)
    refunded = payment.refunded_amount + amount
    if refunded > payment.captured_amount:
        raise AmountTooLarge(field="amount")
    status = all_status if refunded == payment.captured_amount else payment.status
    return msgspec.structs.replace(payment, status=status, refunded_amount=refunded, updated_at=now)


def confirm(payment: Payment, approved: bool, now: float) -> Payment:
    """Note the card holder's decision. Raises NotConfirmable, also when it comes too late."""
    if is_over(payment, now):
        raise NotConfirmable
    status = _moved(payment, Move.APPROVE if approved else Move.DECLINE, NotConfirmable)
    return msgspec.structs.replace(
        payment,
        status=status,
        decline_code=None if approved else "confirmation_declined",
        updated_at=now,
        expires_at=now + AUTHORIZATION_LASTS if approved else None,
    )


def expire(payment: Payment, now: float) -> Payment:
    """End what was neither confirmed nor captured in time."""
    return msgspec.structs.replace(payment, status=move(payment.status, Move.EXPIRE), updated_at=now, expires_at=None)


def is_over(payment: Payment, now: float) -> bool:
    """Tell whether the time of a confirmation or an authorization has run out."""
    return payment.expires_at is not None and payment.expires_at <= now


def _moved(payment: Payment, by: Move, refusal: type[Refusal]) -> Status:
    try:
        return move(payment.status, by)
    except IllegalMove:
        raise refusal from None
