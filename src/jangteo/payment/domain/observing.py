"""What follows from what a provider shows, whether it answered, was queried, or sent a webhook, early, late or twice.

A view only ever moves an attempt forward, so views bear repetition and any order: `observe` returns None for old news.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from jangteo.contracts import payment as contract
from jangteo.payment.domain import ledger, steps
from jangteo.payment.domain.attempt import Attempt, Change, Seen, SeenStatus
from jangteo.payment.domain.moment import Moment
from jangteo.payment.states import OPEN, TAKING, Move, State

POLL_BUYER = timedelta(seconds=5)
MISMATCH = "provider_mismatch"


def observe(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    """Return what changes now that the provider's payment is seen like this; None where that is nothing new."""
    if not matches(attempt, seen):
        return _doubt(attempt, seen, at)
    change = _RULES[seen.status](attempt, seen, at)
    return None if change is None else steps.pursue(change, at)


def matches(attempt: Attempt, seen: Seen) -> bool:
    """Tell whether it is the very payment that we asked for: reference, amount, currency, and always the same one."""
    return (
        seen.reference == attempt.reference
        and seen.amount == attempt.amount
        and seen.currency == attempt.currency
        and attempt.provider_id in (None, seen.provider_id)
    )


def _doubt(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    """Accept nothing that differs from what was asked, and give back what is held or was taken for it."""
    if attempt.state not in OPEN or seen.reference != attempt.reference:
        return None
    says = () if attempt.unwanted else (steps.declined(attempt, MISMATCH),)
    unwanted = msgspec.structs.replace(attempt, unwanted=True, reason=MISMATCH, provider_id=seen.provider_id)
    if seen.status is SeenStatus.HELD:
        held = unwanted.moved(Move.APPROVE, at.now, method_token=None)
        return steps.pursue(Change(attempt=held, says=says), at)
    if seen.status is SeenStatus.TAKEN and seen.captured > 0 and seen.currency == attempt.currency:
        held = unwanted.moved(Move.APPROVE, at.now, method_token=None)
        taken = held.moved(Move.TAKE, at.now, captured=seen.captured)
        booked = (ledger.capture(attempt.id, seen.captured, attempt.currency),)
        return steps.pursue(Change(attempt=taken, movements=booked, says=says), at)
    return Change(attempt=steps.deny(unwanted, MISMATCH, at).attempt, says=says)


def _waiting(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    if attempt.state is State.DECLINED and attempt.provider_id is None:
        return _turned_up(attempt, seen, at)
    if attempt.state not in (State.AUTHORISING, State.AUTHORISATION_UNKNOWN):
        return None
    known = _known(attempt, seen)
    moved = known.moved(Move.ASK_BUYER, at.now, action_url=seen.action_url, due_at=at.now + POLL_BUYER)
    return Change(attempt=moved, says=() if attempt.unwanted else steps.news(moved))


def _held(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    if attempt.state is State.DECLINED and attempt.provider_id is None:
        return _turned_up(attempt, seen, at)
    if attempt.state not in OPEN:
        return None
    moved = _known(attempt, seen).moved(Move.APPROVE, at.now, action_url=None, due_at=seen.expires_at)
    if attempt.capture_at_once and not attempt.unwanted:
        # The provider, or this card, does it in two steps: the asker waits for the second.
        return steps.begin_capture(moved, at)
    return Change(attempt=moved, says=() if attempt.unwanted else steps.news(moved))


def _turned_up(attempt: Attempt, seen: Seen, at: Moment) -> Change:
    """Give back what a provider holds, or took, for an attempt that was given up when nobody could find it."""
    found = msgspec.structs.replace(_known(attempt, seen), unwanted=True)
    return Change(attempt=found.moved(Move.BEGIN_VOID, at.now, due_at=at.leased), ask=True)


def _denied(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    if attempt.state not in (*OPEN, State.VOIDING):
        return None
    return steps.deny(_known(attempt, seen), seen.reason or "card_declined", at)


def _taken(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    if attempt.state in OPEN:
        first = _held(attempt, seen, at)
        second = first and _taken(first.attempt, seen, at)
        return first.then(second) if first and second else None
    if attempt.state is State.DECLINED and attempt.provider_id is None:
        attempt = _turned_up(attempt, seen, at).attempt
    if attempt.state not in (*TAKING, State.AUTHORISED, State.VOIDING) or seen.captured <= 0:
        return None
    moved = _known(attempt, seen).moved(Move.TAKE, at.now, captured=seen.captured)
    booked = (ledger.capture(attempt.id, seen.captured, attempt.currency),)
    if seen.captured != attempt.amount:
        says = () if attempt.unwanted else (steps.capture_failed(attempt, MISMATCH),)
        wrong = msgspec.structs.replace(moved, unwanted=True, reason=MISMATCH)
        return Change(attempt=wrong, movements=booked, says=says)
    return Change(attempt=moved, movements=booked, says=() if attempt.unwanted else steps.news(moved))


def _released(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    return _gone(attempt, seen, Move.RELEASE, "voided_by_provider", at)


def _lapsed(attempt: Attempt, seen: Seen, at: Moment) -> Change | None:
    reason = "confirmation_expired" if attempt.state is State.ACTION_REQUIRED else "authorisation_expired"
    return _gone(attempt, seen, Move.LAPSE, reason, at)


def _gone(attempt: Attempt, seen: Seen, by: Move, reason: str, at: Moment) -> Change | None:
    """Note that the provider holds nothing any more; whoever still counted on it is told."""
    if attempt.is_clear or attempt.state is State.CAPTURED:
        return None
    if by is Move.RELEASE and attempt.state in (State.AUTHORISING, State.AUTHORISATION_UNKNOWN):
        return steps.deny(_known(attempt, seen), reason, at)
    said: contract.PaymentMessage = steps.declined(attempt, reason)
    if attempt.state in TAKING:
        said = steps.capture_failed(attempt, reason)
    moved = _known(attempt, seen).moved(by, at.now, reason=attempt.reason or reason, action_url=None)
    return Change(attempt=moved, says=() if attempt.unwanted else (said,))


def _known(attempt: Attempt, seen: Seen) -> Attempt:
    """Note what only the provider knows; the token has done its work and is forgotten."""
    return msgspec.structs.replace(
        attempt,
        provider_id=seen.provider_id,
        method_token=None,
        expires_at=seen.expires_at,
        card_brand=seen.card_brand or attempt.card_brand,
        card_last4=seen.card_last4 or attempt.card_last4,
    )


_RULES: dict[SeenStatus, Callable[[Attempt, Seen, Moment], Change | None]] = {
    SeenStatus.WAITING: _waiting,
    SeenStatus.HELD: _held,
    SeenStatus.DECLINED: _denied,
    SeenStatus.TAKEN: _taken,
    SeenStatus.RELEASED: _released,
    SeenStatus.LAPSED: _lapsed,
}
