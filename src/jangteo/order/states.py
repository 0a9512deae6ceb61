"""THE STATE MACHINE of an order: every move that exists is in this table, and any other is refused.

placed ──stock held──> reserved ──authorised──> authorised ──captured──> paid ──picked up──> shipped ──> delivered
  │
  └──stock refused──> rejected

placed, reserved, authorised, paid ──buyer, staff, deadline, failure──> cancelling ──all given back──> cancelled
                              ^                                             │
                              └──────refused: the carrier has the parcel────┘
"""

from enum import StrEnum

from jangteo.kit.errors import Conflict


class State(StrEnum):
    """Where an order stands; the value is the `status` that the API tells."""

    PLACED = "placed"
    RESERVED = "reserved"
    AUTHORISED = "authorised"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.PLACED: frozenset({State.RESERVED, State.REJECTED, State.CANCELLING}),
    State.RESERVED: frozenset({State.AUTHORISED, State.CANCELLING}),
    State.AUTHORISED: frozenset({State.PAID, State.CANCELLING}),
    State.PAID: frozenset({State.SHIPPED, State.CANCELLING}),
    State.SHIPPED: frozenset({State.DELIVERED}),
    State.DELIVERED: frozenset(),
    State.REJECTED: frozenset(),
    State.CANCELLING: frozenset({State.CANCELLED, State.PAID}),
    State.CANCELLED: frozenset(),
}

TERMINAL = frozenset(state for state, targets in MOVES.items() if not targets)


class IllegalMove(Conflict):
    """The state machine has no such move."""

    code = "order.illegal_move"
    ko = "주문 상태를 {state}에서 {target}(으)로 바꿀 수 없습니다."
    en = "An order cannot go from {state} to {target}."


def move(state: State, target: State) -> State:
    """Return `target`. Raises IllegalMove where the table has no way from `state` to it."""
    if target not in MOVES[state]:
        raise IllegalMove(state=state.value, target=target.value)
    return target
