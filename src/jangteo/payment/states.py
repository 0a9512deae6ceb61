"""The states of a payment attempt and of a refund, and the only moves between them.

    authorising ───── lose_track ──> authorisation_unknown      asked, no answer: query, never ask blindly
         │  <───────── ask_again ──────────── │
         ├────────────────────────────────────┤
         ├─ ask_buyer ─> action_required ─────┤
         │                                    ├─ deny ────> declined ■ ── begin_void ──> voiding
         ├─ approve ───> authorised <─────────┘ approve        (turned up at the provider after all)
         │                   │
         │                   ├─ begin_void ──────────> voiding ── release ──> voided ■
         │                   │                            ^
         │             begin_capture                 begin_void
         │                   v                            │
         │               capturing ── lose_track ──> capture_unknown
         │                   │  <──── ask_again ───────── │
         │                   └── take ──> captured <──────┘ take
         │                                   └── give_back_all ──> refunded ■
         └─ lapse ──> expired ■      likewise from whatever the provider lets run out; release likewise

■ holds and keeps no money. A refund of a part leaves it captured. What the provider reports wins over what we were
about to do: a void that comes too late finds the money taken, and a refund follows.

A refund:   requested ─ succeed ─> succeeded        requested ─ fail ─> failed
"""

from enum import StrEnum

from jangteo.kit.errors import Conflict


class State(StrEnum):
    """Where an attempt is."""

    AUTHORISING = "authorising"
    AUTHORISATION_UNKNOWN = "authorisation_unknown"
    ACTION_REQUIRED = "action_required"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURING = "capturing"
    CAPTURE_UNKNOWN = "capture_unknown"
    CAPTURED = "captured"
    VOIDING = "voiding"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUNDED = "refunded"


class Move(StrEnum):
    """What happens to an attempt."""

    LOSE_TRACK = "lose_track"
    ASK_AGAIN = "ask_again"
    ASK_BUYER = "ask_buyer"
    APPROVE = "approve"
    DENY = "deny"
    BEGIN_CAPTURE = "begin_capture"
    TAKE = "take"
    BEGIN_VOID = "begin_void"
    RELEASE = "release"
    LAPSE = "lapse"
    GIVE_BACK_ALL = "give_back_all"


class RefundState(StrEnum):
    """Where a refund is."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class IllegalMove(Conflict):
    """The attempt is not in a state for this."""

    code = "payment.illegal_move"
    ko = "현재 결제 상태({state})에서는 처리할 수 없습니다."
    en = "The payment is {state}, which does not allow this."


OPEN = frozenset((State.AUTHORISING, State.AUTHORISATION_UNKNOWN, State.ACTION_REQUIRED))
"""Whether the buyer's money is held is not known yet."""

TAKING = frozenset((State.CAPTURING, State.CAPTURE_UNKNOWN))
"""A capture may be under way."""

CLEAR = frozenset((State.DECLINED, State.VOIDED, State.EXPIRED, State.REFUNDED))
"""Holds and keeps no money."""

_HOLDING = frozenset((State.ACTION_REQUIRED, State.AUTHORISED, *TAKING))

MOVES: dict[tuple[State, Move], State] = {
    (State.AUTHORISING, Move.LOSE_TRACK): State.AUTHORISATION_UNKNOWN,
    (State.CAPTURING, Move.LOSE_TRACK): State.CAPTURE_UNKNOWN,
    (State.AUTHORISATION_UNKNOWN, Move.ASK_AGAIN): State.AUTHORISING,
    (State.AUTHORISING, Move.ASK_AGAIN): State.AUTHORISING,
    (State.CAPTURE_UNKNOWN, Move.ASK_AGAIN): State.CAPTURING,
    (State.CAPTURING, Move.ASK_AGAIN): State.CAPTURING,
    (State.AUTHORISING, Move.ASK_BUYER): State.ACTION_REQUIRED,
    (State.AUTHORISATION_UNKNOWN, Move.ASK_BUYER): State.ACTION_REQUIRED,
    **{(state, Move.APPROVE): State.AUTHORISED for state in OPEN},
    **{(state, Move.DENY): State.DECLINED for state in (*OPEN, State.VOIDING)},
    (State.AUTHORISED, Move.BEGIN_CAPTURE): State.CAPTURING,
    **{(state, Move.TAKE): State.CAPTURED for state in (*TAKING, State.AUTHORISED, State.VOIDING)},
    **{(state, Move.BEGIN_VOID): State.VOIDING for state in (*_HOLDING, State.DECLINED)},
    **{(state, Move.RELEASE): State.VOIDED for state in (*_HOLDING, State.VOIDING)},
    **{(state, Move.LAPSE): State.EXPIRED for state in (*_HOLDING, *OPEN, State.VOIDING)},
    (State.CAPTURED, Move.GIVE_BACK_ALL): State.REFUNDED,
}

_REFUND_MOVES: dict[tuple[RefundState, RefundState], RefundState] = {
    (RefundState.REQUESTED, RefundState.SUCCEEDED): RefundState.SUCCEEDED,
    (RefundState.REQUESTED, RefundState.FAILED): RefundState.FAILED,
}


def move(state: State, by: Move) -> State:
    """Return the state that follows. Raises IllegalMove."""
    try:
        return MOVES[state, by]
    except KeyError:
        raise IllegalMove(state=str(state)) from None


def end_refund(state: RefundState, as_: RefundState) -> RefundState:
    """Return the end state of a refund. Raises IllegalMove where it has ended already."""
    try:
        return _REFUND_MOVES[state, as_]
    except KeyError:
        raise IllegalMove(state=str(state)) from None
