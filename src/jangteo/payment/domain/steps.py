"""What we do to an attempt: begin, capture, abandon, ask again, wait. Each rule returns the change, or raises."""

from datetime import timedelta
from uuid import UUID

import msgspec

from jangteo.contracts import payment as contract
from jangteo.kit.card_numbers import looks_like_card_number
from jangteo.kit.money import MINOR_UNITS
from jangteo.payment.domain.attempt import Attempt, Change, Refund
from jangteo.payment.domain.moment import Moment, pause
from jangteo.payment.states import OPEN, TAKING, IllegalMove, Move, State


def begin(tenant: str, command: contract.AuthorisePayment, at: Moment) -> Attempt:
    """Return a new attempt, about to be asked of its provider."""
    return Attempt(
        id=command.payment_id,
        tenant=tenant,
        order_id=command.order_id,
        order_number=command.order_number,
        member_id=command.member_id,
        provider=command.provider,
        amount=command.amount,
        currency=command.currency,
        method_token=command.method_token,
        capture_at_once=command.capture,
        created_at=at.now,
        updated_at=at.now,
        due_at=at.leased,
    )


def objection(command: contract.AuthorisePayment, providers: frozenset[str]) -> str:
    """Return why no provider should be asked at all, as a stable code; empty where nothing is wrong."""
    if looks_like_card_number(command.method_token):
        return "card_number_refused"
    if command.provider not in providers:
        return "provider_unknown"
    if command.amount <= 0 or command.currency not in MINOR_UNITS:
        return "amount_invalid"
    return ""


def deny(attempt: Attempt, reason: str, at: Moment) -> Change:
    """End an attempt that got nothing, and say so unless nobody wants to know."""
    denied = attempt.moved(Move.DENY, at.now, reason=reason, method_token=None, action_url=None)
    return Change(attempt=denied, says=() if attempt.unwanted else (declined(denied, reason),))


def admit(others: list[Attempt]) -> str:
    """Return why an order with these earlier attempts may not begin another; empty where it may."""
    live = [other for other in others if not other.unwanted and not other.is_clear]
    if any(other.state is State.CAPTURED for other in live):
        return "already_paid"
    return "already_authorised" if any(other.state not in OPEN for other in live) else ""


def begin_capture(attempt: Attempt, at: Moment) -> Change:
    """Set out to take the held money; `store.begin_capture` is the same rule in one statement. Raises IllegalMove."""
    if attempt.unwanted:
        raise IllegalMove(state=str(attempt.state))
    return Change(attempt=attempt.moved(Move.BEGIN_CAPTURE, at.now, due_at=at.leased), ask=True)


def abandon(attempt: Attempt, why: str, at: Moment) -> Change:
    """Want it no more: give back what is held or taken now, or as soon as its outcome is known."""
    unwanted = msgspec.structs.replace(attempt, unwanted=True, reason=attempt.reason or why, updated_at=at.now)
    return pursue(Change(attempt=unwanted), at)


def pursue(change: Change, at: Moment) -> Change:
    """Go on with an unwanted attempt: void what is held, refund what was taken and is not on its way back."""
    attempt = change.attempt
    if not attempt.unwanted:
        return change
    due = at.leased
    if attempt.state in (State.AUTHORISED, State.ACTION_REQUIRED):
        return change.then(Change(attempt=attempt.moved(Move.BEGIN_VOID, at.now, due_at=due), ask=True))
    if attempt.state is State.CAPTURED and attempt.refundable > 0:
        refund = new_refund(attempt, at.refund_id, attempt.refundable, attempt.reason, None, at)
        left = msgspec.structs.replace(attempt, refunding=attempt.refunding + refund.amount)
        return change.then(Change(attempt=left, refunds=(refund,)))
    return change


def new_refund(attempt: Attempt, id: UUID, amount: int, reason: str, by: UUID | None, at: Moment) -> Refund:
    """Return a refund about to be asked of the provider; one that nobody asked for is compulsory."""
    return Refund(
        id=id,
        tenant=attempt.tenant,
        payment_id=attempt.id,
        amount=amount,
        currency=attempt.currency,
        reason=reason,
        compulsory=by is None,
        requested_by=by,
        created_at=at.now,
        updated_at=at.now,
        due_at=at.leased,
    )


def lose_track(attempt: Attempt, at: Moment) -> Change:
    """Note that the provider was asked and did not answer: it may have acted."""
    if attempt.state not in (State.AUTHORISING, State.CAPTURING):
        return postpone(attempt, at)
    tries = attempt.tries + 1
    return Change(attempt=attempt.moved(Move.LOSE_TRACK, at.now, tries=tries, due_at=at.now + pause(tries - 1)))


def postpone(attempt: Attempt, at: Moment) -> Change:
    """Look at it again after a pause that grows."""
    later = msgspec.structs.replace(attempt, tries=attempt.tries + 1, due_at=at.now + pause(attempt.tries))
    return Change(attempt=later)


def after_not_reached(attempt: Attempt, at: Moment) -> Change:
    """Decide what follows when what we wanted done was surely not done: wait, but let no buyer wait for ever."""
    if attempt.state is not State.AUTHORISING:
        return postpone(attempt, at)
    spared = msgspec.structs.replace(attempt, asked=attempt.asked - 1)
    if spared.asked == 0 and (attempt.unwanted or _waited_long(attempt, at)):
        return deny(spared, attempt.reason or "provider_unavailable", at)
    return postpone(spared, at)


def ask_first_time(attempt: Attempt, at: Moment) -> Change | None:
    """Return how an attempt that surely never reached the provider is asked; None where it may have."""
    if attempt.state is not State.AUTHORISING or attempt.asked > 0:
        return None
    if attempt.unwanted:
        return deny(attempt, attempt.reason, at)
    return _ask_again(attempt, at)


def after_not_found(attempt: Attempt, at: Moment) -> Change:
    """Decide what follows when the provider knows nothing of the attempt: ask again under the same key, or give up."""
    if attempt.state not in (State.AUTHORISING, State.AUTHORISATION_UNKNOWN):
        return postpone(attempt, at)
    if attempt.unwanted:
        in_flight = at.now < attempt.updated_at + timedelta(seconds=at.patience.grace)
        return postpone(attempt, at) if in_flight else deny(attempt, attempt.reason, at)
    if attempt.asked >= at.patience.authorise_asks or _waited_long(attempt, at):
        return deny(attempt, "provider_timeout", at)
    return _ask_again(attempt, at)


def after_no_news(attempt: Attempt, at: Moment) -> Change:
    """Decide what follows when the provider shows nothing new: do again, under the same key, what is not done."""
    due = at.leased
    if attempt.state in TAKING:
        # A void and a capture that is still in flight cannot both win at the provider.
        by = Move.BEGIN_VOID if attempt.unwanted else Move.ASK_AGAIN
        return Change(attempt=attempt.moved(by, at.now, tries=attempt.tries, due_at=due), ask=True)
    if attempt.state is State.VOIDING:
        return Change(attempt=msgspec.structs.replace(attempt, due_at=due, updated_at=at.now), ask=True)
    return postpone(attempt, at)


def after_refusal(attempt: Attempt, reason: str, at: Moment) -> Change:
    """Decide what follows when the provider said no for good to what was asked last."""
    if attempt.state in OPEN:
        return deny(attempt, reason, at)
    if attempt.state in TAKING:
        says = () if attempt.unwanted else (capture_failed(attempt, reason),)
        moved = attempt.moved(Move.BEGIN_VOID, at.now, unwanted=True, reason=reason, due_at=at.leased)
        return Change(attempt=moved, says=says, ask=True)
    return postpone(attempt, at)


def declined(attempt: Attempt, reason: str) -> contract.PaymentDeclined:
    """Say that an attempt got no money."""
    return contract.PaymentDeclined(order_id=attempt.order_id, payment_id=attempt.id, reason=reason)


def capture_failed(attempt: Attempt, reason: str) -> contract.PaymentCaptureFailed:
    """Say that the held money could not be taken."""
    return contract.PaymentCaptureFailed(order_id=attempt.order_id, payment_id=attempt.id, reason=reason)


def news(attempt: Attempt) -> tuple[contract.PaymentMessage, ...]:
    """Say again what an asker who repeats itself was told: the outcome so far, nothing while it is open."""
    order, payment, amount, currency = attempt.order_id, attempt.id, attempt.amount, attempt.currency
    if attempt.unwanted:
        return (declined(attempt, attempt.reason or "order_cancelled"),)
    if attempt.state is State.ACTION_REQUIRED:
        return (contract.PaymentActionRequired(order_id=order, payment_id=payment, url=attempt.action_url or ""),)
    if attempt.state is State.AUTHORISED:
        return (contract.PaymentAuthorised(order_id=order, payment_id=payment, amount=amount, currency=currency),)
    if attempt.state is State.CAPTURED:
        return (
            contract.PaymentCaptured(order_id=order, payment_id=payment, amount=attempt.captured, currency=currency),
        )
    return (declined(attempt, attempt.reason or str(attempt.state)),) if attempt.is_clear else ()


def _waited_long(attempt: Attempt, at: Moment) -> bool:
    return at.now >= attempt.created_at + timedelta(seconds=at.patience.authorise_within)


def _ask_again(attempt: Attempt, at: Moment) -> Change:
    again = attempt.moved(Move.ASK_AGAIN, at.now, asked=attempt.asked + 1, tries=attempt.tries, due_at=at.leased)
    return Change(attempt=again, ask=True)
