"""What the payment service's words do to an order; None where they contradict it."""

from jangteo.contracts import payment
from jangteo.kit.eventstore import DomainEvent
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason, ended
from jangteo.order.domain.order import Attempt, Order, Stage
from jangteo.order.domain.refund import RefundState, find
from jangteo.order.states import State


def ask_confirmation(order: Order, message: payment.PaymentActionRequired) -> list[DomainEvent] | None:
    """Keep the address where the buyer confirms; what is decided already needs no confirming."""
    attempt = _attempt(order, message)
    if attempt is None:
        return None
    if not attempt.undecided or attempt.url == message.url:
        return []
    return [happened.ConfirmationAsked(payment_id=message.payment_id, url=message.url)]


def decline(order: Order, message: payment.PaymentDeclined) -> list[DomainEvent] | None:
    """Note that the attempt failed: the order goes on waiting for another one."""
    attempt = _attempt(order, message)
    if attempt is None:
        return None
    if not attempt.undecided:
        return []
    return [happened.PaymentDeclined(payment_id=message.payment_id, reason=message.reason)]


def authorise(order: Order, message: payment.PaymentAuthorised) -> list[DomainEvent] | None:
    """Go on to the capture; money of another amount than the order's is not taken."""
    if not _is_open(order, message):
        return None
    if not _is_whole(order, message):
        return [happened.CancellationStarted(reason=Reason.AMOUNT_MISMATCH)]
    return [happened.PaymentAuthorised(payment_id=message.payment_id)]


def capture_at_once(order: Order, message: payment.PaymentCaptured) -> list[DomainEvent] | None:
    """결제완료, authorised and captured in one; or take a capture for the authorisation that it overtook."""
    if not _is_open(order, message):
        return None
    return [happened.PaymentAuthorised(payment_id=message.payment_id), *_captured(order, message)]


def capture(order: Order, message: payment.PaymentCaptured) -> list[DomainEvent] | None:
    """결제완료. What was refunded in full before this was heard of is not fulfilled."""
    return _captured(order, message) if _is_present(order, message) else None


def fail_capture(order: Order, message: payment.PaymentMessage) -> list[DomainEvent] | None:
    """Cancel: the money that was held for us could not be taken."""
    return [happened.CancellationStarted(reason=Reason.CAPTURE_FAILED)] if _is_present(order, message) else None


def fail_capture_at_once(order: Order, message: payment.PaymentCaptureFailed) -> list[DomainEvent] | None:
    """Cancel likewise, where nothing was heard of a hold.

    The answer to a repeated question may have come before this: the attempt counts as declined, the order waits.
    """
    return fail_capture(order, message) if _is_open(order, message) else only_of_an_earlier_attempt(order, message)


def lose_money(order: Order, message: payment.PaymentMessage) -> list[DomainEvent] | None:
    """Cancel where the money is not held for us any more; pass over what is said of an earlier attempt."""
    return fail_capture(order, message) or only_of_an_earlier_attempt(order, message)


def only_of_the_present_attempt(order: Order, message: payment.PaymentMessage) -> list[DomainEvent] | None:
    """Pass over a repetition; money of an attempt that counts as failed is a contradiction."""
    return [] if _is_present(order, message) else None


def only_of_an_earlier_attempt(order: Order, message: payment.PaymentMessage) -> list[DomainEvent] | None:
    """Pass over a repetition about an attempt that failed; the one that succeeded cannot have failed as well."""
    attempt = _attempt(order, message)
    return [] if attempt is not None and attempt.stage is Stage.DECLINED else None


def take_back(order: Order, message: payment.PaymentCancelled) -> list[DomainEvent] | None:
    """Note that no money is held; with the stock back as well, that is the end."""
    if order.awaits_shipment_answer or not order.attempts:
        return None
    return [] if order.money_returned else ended(order, [happened.MoneyReturned(refunded=message.refunded)])


def refund(order: Order, message: payment.PaymentRefunded) -> list[DomainEvent] | None:
    """Note, once, what staff gave back; an order that got everything back is not sent any more."""
    if _attempt(order, message) is None:
        return None
    known = find(order.refunds, message.refund_id)
    if known is not None and known.state is RefundState.SUCCEEDED:
        return []
    refunded = happened.Refunded(
        refund_id=message.refund_id, amount=message.amount, refunded_in_all=message.refunded_in_all
    )
    if order.state is State.PAID and message.refunded_in_all >= order.placed.total and not order.cancel_refused:
        return [refunded, happened.CancellationStarted(reason=Reason.FULLY_REFUNDED)]
    return [refunded]


def refund_early(order: Order, message: payment.PaymentRefunded) -> list[DomainEvent] | None:
    """Note what staff gave back of a payment whose capture is not heard of yet."""
    return refund(order, message) if _is_open(order, message) else None


def fail_refund(order: Order, message: payment.PaymentRefundFailed) -> list[DomainEvent] | None:
    """Note, once, that a refund came to nothing; one that the order was not asked for is none of its business."""
    known = find(order.refunds, message.refund_id)
    if known is None or known.state is not RefundState.REQUESTED:
        return []
    return [happened.RefundFailed(refund_id=message.refund_id, reason=message.reason)]


def _captured(order: Order, message: payment.PaymentCaptured) -> list[DomainEvent]:
    captured = happened.PaymentCaptured(payment_id=message.payment_id, amount=message.amount)
    if not _is_whole(order, message):
        return [captured, happened.CancellationStarted(reason=Reason.AMOUNT_MISMATCH)]
    if order.refunded >= order.placed.total:
        return [captured, happened.CancellationStarted(reason=Reason.FULLY_REFUNDED)]
    return [captured]


def _attempt(order: Order, message: payment.PaymentMessage) -> Attempt | None:
    return next((attempt for attempt in order.attempts if attempt.payment_id == message.payment_id), None)


def _is_present(order: Order, message: payment.PaymentMessage) -> bool:
    return order.attempt is not None and order.attempt.payment_id == message.payment_id


def _is_open(order: Order, message: payment.PaymentMessage) -> bool:
    return order.attempt is not None and order.attempt.undecided and _is_present(order, message)


def _is_whole(order: Order, message: payment.PaymentAuthorised | payment.PaymentCaptured) -> bool:
    return (message.amount, message.currency) == (order.placed.total, order.placed.currency)
