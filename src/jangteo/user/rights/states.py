"""THE STATE MACHINE of a withdrawal (탈퇴): every move that exists is in this table, and any other is refused.

asked ──something is open, and it may wait──> deferred ──thought better of it──> called_off
  │                                              │ all is settled
  └──nothing is open──> closing <────────────────┘
                           │ logged out; the last access token has run out, and still nothing is open
                           v
                        erasing ──every service has answered with its proof──> erased
"""

from enum import StrEnum

from jangteo.kit.errors import Conflict


class State(StrEnum):
    """Where a withdrawal stands."""

    DEFERRED = "deferred"
    CALLED_OFF = "called_off"
    CLOSING = "closing"
    ERASING = "erasing"
    ERASED = "erased"


MOVES: dict[State, frozenset[State]] = {
    State.DEFERRED: frozenset({State.CALLED_OFF, State.CLOSING}),
    State.CLOSING: frozenset({State.ERASING}),
    State.ERASING: frozenset({State.ERASED}),
    State.CALLED_OFF: frozenset(),
    State.ERASED: frozenset(),
}


class IllegalMove(Conflict):
    """The state machine has no such move."""

    code = "withdrawal.illegal_move"
    ko = "탈퇴 상태를 {state}에서 {target}(으)로 바꿀 수 없습니다."
    en = "A withdrawal cannot go from {state} to {target}."


def move(state: State, target: State) -> State:
    """Return `target`. Raises IllegalMove where the table has no way from `state` to it."""
    if target not in MOVES[state]:
        raise IllegalMove(state=state.value, target=target.value)
    return target
