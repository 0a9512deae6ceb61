"""What people and the clock may ask of an order, and when it is refused."""

from datetime import datetime
from uuid import UUID

from jangteo.kit.errors import Conflict
from jangteo.kit.eventstore import DomainEvent
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.order import Order
from jangteo.order.states import MOVES, State

MAX_ATTEMPTS = 10
"""Attempts to pay one order; a card tester gets no more, and a stream stays short."""

_AWAITING_PAYMENT = (State.PLACED, State.RESERVED)


class NotAwaitingPayment(Conflict):
    """The order is paid already, or over."""

    code = "order.not_awaiting_payment"
    ko = "결제할 수 있는 주문이 아닙니다. (상태: {status})"
    en = "This order does not await a payment (status: {status})."


class PaymentWindowOver(Conflict):
    """The time to pay has run out."""

    code = "order.payment_window_over"
    ko = "결제 가능 시간이 지났습니다."
    en = "The time to pay has run out."


class PaymentInProgress(Conflict):
    """An attempt is undecided; a second one might take the money twice."""

    code = "order.payment_in_progress"
    ko = "이미 결제가 진행 중입니다."
    en = "A payment is in progress already."


class TooManyAttempts(Conflict):
    """This order was tried to be paid too often."""

    code = "order.too_many_attempts"
    ko = "결제 시도 횟수({limit}회)를 초과했습니다."
    en = "The limit of {limit} attempts to pay is reached."


class NotCancellable(Conflict):
    """The order is over, on its way, or being cancelled already."""

    code = "order.not_cancellable"
    ko = "취소할 수 있는 주문이 아닙니다. (상태: {status})"
    en = "This order cannot be cancelled (status: {status})."


class HandedOver(Conflict):
    """A cancellation came too late before: the parcel is with the carrier."""

    code = "order.handed_over"
    ko = "이미 택배사에 전달되어 취소할 수 없습니다."
    en = "The parcel is with the carrier already, so the order cannot be cancelled."


def choose_payment(
    order: Order, payment_id: UUID, provider: str, token: str, now: datetime, *, at_once: bool = True
) -> list[DomainEvent]:
    """Return the new attempt to pay. Raises the Conflict that says why there can be none."""
    if order.state not in _AWAITING_PAYMENT:
        raise NotAwaitingPayment(status=order.state.value)
    if now >= order.placed.pay_until:
        raise PaymentWindowOver()
    if order.attempt is not None and order.attempt.undecided:
        raise PaymentInProgress()
    if len(order.attempts) >= MAX_ATTEMPTS:
        raise TooManyAttempts(limit=MAX_ATTEMPTS)
    return [happened.PaymentChosen(payment_id=payment_id, provider=provider, token=token, at_once=at_once)]


def is_cancellable(order: Order) -> bool:
    """Say whether a cancellation may begin now."""
    return State.CANCELLING in MOVES[order.state] and not order.cancel_refused


def cancel(order: Order, reason: Reason, note: str) -> list[DomainEvent]:
    """Return the beginning of the cancellation; `note` is sealed. Raises NotCancellable or HandedOver."""
    if not is_cancellable(order):
        raise HandedOver() if order.state is State.PAID else NotCancellable(status=order.state.value)
    return [happened.CancellationStarted(reason=reason, note=note)]


def expire(order: Order, now: datetime) -> list[DomainEvent]:
    """Return the end of an order that was not paid in time; nothing where it was, or where there is time left."""
    if order.state not in _AWAITING_PAYMENT or now < order.placed.pay_until:
        return []
    return [happened.CancellationStarted(reason=Reason.PAYMENT_EXPIRED)]
