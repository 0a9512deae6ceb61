"""Rules of giving money back: never more than was taken, in any number of parts, each booked once."""

from uuid import UUID

import msgspec

from jangteo.contracts import payment as contract
from jangteo.kit.errors import Conflict, Invalid
from jangteo.payment.domain import ledger, steps
from jangteo.payment.domain.attempt import Attempt, Change, Refund, SeenRefund
from jangteo.payment.domain.moment import LONGEST_PAUSE, LONGEST_REFUND_PAUSE, Moment, pause
from jangteo.payment.states import IllegalMove, Move, RefundState, State, end_refund


class RefundTooLarge(Invalid):
    """More than is left of what was paid."""

    code = "payment.refund_too_large"
    ko = "환불 가능 금액은 {left}{currency}입니다."
    en = "No more than {left} {currency} is left to refund."


class RefundByCancellation(Conflict):
    """The whole payment is being given back already."""

    code = "payment.being_cancelled"
    ko = "취소 중인 결제입니다."
    en = "This payment is being cancelled as a whole."


def request(attempt: Attempt, id: UUID, amount: int, reason: str, by: UUID, at: Moment) -> Change:
    """Set out to give `amount` back. Raises IllegalMove, RefundByCancellation, RefundTooLarge."""
    if attempt.state is not State.CAPTURED:
        raise IllegalMove(state=str(attempt.state))
    if attempt.unwanted:
        raise RefundByCancellation()
    if not 0 < amount <= attempt.refundable:
        raise RefundTooLarge(field="amount", left=attempt.refundable, currency=attempt.currency)
    refund = steps.new_refund(attempt, id, amount, reason, by, at)
    return Change(
        attempt=msgspec.structs.replace(attempt, refunding=attempt.refunding + amount, updated_at=at.now),
        refunds=(refund,),
    )


def decline(attempt: Attempt, id: UUID, amount: int, reason: str, by: UUID, at: Moment, *, failure: str) -> Change:
    """Note a refund that the rules refuse, so that it stays refused, and say so."""
    refused = msgspec.structs.replace(
        steps.new_refund(attempt, id, amount, reason, by, at), state=RefundState.FAILED, failure=failure, due_at=None
    )
    return Change(attempt=attempt, refunds=(refused,), says=(_failed(attempt, refused),))


def news(attempt: Attempt, refund: Refund) -> tuple[contract.PaymentMessage, ...]:
    """Say again what came of a refund; nothing while that is open."""
    match refund.state:
        case RefundState.SUCCEEDED:
            return (_refunded(attempt, refund),)
        case RefundState.FAILED:
            return (_failed(attempt, refund),)
        case _:
            return ()


def succeed(attempt: Attempt, refund: Refund, seen: SeenRefund, at: Moment) -> Change:
    """Book that the provider gave the money back. Raises IllegalMove where the refund has ended before."""
    ended = msgspec.structs.replace(
        refund,
        state=end_refund(refund.state, RefundState.SUCCEEDED),
        provider_refund_id=seen.provider_refund_id,
        failure="",
        due_at=None,
        updated_at=at.now,
    )
    refunded = attempt.refunded + refund.amount
    sums = {"refunded": refunded, "refunding": attempt.refunding - refund.amount}
    if refunded == attempt.captured:
        after = attempt.moved(Move.GIVE_BACK_ALL, at.now, **sums)
    else:
        after = msgspec.structs.replace(attempt, updated_at=at.now, **sums)
    says = () if refund.compulsory else (_refunded(after, refund),)
    booked = (ledger.refund(refund.id, refund.amount, refund.currency),)
    return Change(attempt=after, refunds=(ended,), movements=booked, says=says)


def refuse(attempt: Attempt, refund: Refund, failure: str, at: Moment) -> Change:
    """Note that the provider will not give it back: staff may try anew, a cancellation must."""
    if refund.compulsory:
        again = msgspec.structs.replace(
            _later(refund, LONGEST_REFUND_PAUSE, at), failure=failure, round=refund.round + 1, updated_at=at.now
        )
        return Change(attempt=attempt, refunds=(again,))
    ended = msgspec.structs.replace(
        refund, state=end_refund(refund.state, RefundState.FAILED), failure=failure, due_at=None, updated_at=at.now
    )
    after = msgspec.structs.replace(attempt, refunding=attempt.refunding - refund.amount, updated_at=at.now)
    return steps.pursue(Change(attempt=after, refunds=(ended,), says=(_failed(after, ended),)), at)


def postpone(attempt: Attempt, refund: Refund, at: Moment) -> Change:
    """Look at it again after a pause that grows: what came of it is not known, or the provider was not reached."""
    return Change(attempt=attempt, refunds=(_later(refund, LONGEST_PAUSE, at),))


def matches(refund: Refund, seen: SeenRefund) -> bool:
    """Tell whether it is the very refund that we asked for."""
    return (seen.reference, seen.amount, seen.currency) == (str(refund.id), refund.amount, refund.currency)


def _later(refund: Refund, longest: float, at: Moment) -> Refund:
    return msgspec.structs.replace(refund, tries=refund.tries + 1, due_at=at.now + pause(refund.tries, longest))


def _refunded(attempt: Attempt, refund: Refund) -> contract.PaymentRefunded:
    return contract.PaymentRefunded(
        order_id=attempt.order_id,
        payment_id=attempt.id,
        refund_id=refund.id,
        amount=refund.amount,
        refunded_in_all=attempt.refunded,
        currency=refund.currency,
    )


def _failed(attempt: Attempt, refund: Refund) -> contract.PaymentRefundFailed:
    return contract.PaymentRefundFailed(
        order_id=attempt.order_id, payment_id=attempt.id, refund_id=refund.id, reason=refund.failure
    )
