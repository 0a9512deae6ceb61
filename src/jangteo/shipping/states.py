"""THE STATE MACHINE of a shipment: every move that exists is in this table, and any other is refused.

requested ──carrier took it──> created ──picked up──> dispatched ──> delivered
       │                        │  ^  │                  │  ^
       │                        │  │  │                  v  │ found again
       │                        │  │  │                lost, returned
       │                        v  │ too late
       ├──────wanted back────> cancelling ──picked up after all──> dispatched
       │                        │     │
       │             called back│     │the carrier called it back by itself
       │                        v     v
       └─never asked, refused─> cancelled
"""

from enum import StrEnum

from jangteo.kit.errors import Conflict


class State(StrEnum):
    """Where a shipment stands."""

    REQUESTED = "requested"
    CREATED = "created"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    LOST = "lost"
    RETURNED = "returned"


MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.CREATED, State.CANCELLING, State.CANCELLED}),
    State.CREATED: frozenset({State.DISPATCHED, State.CANCELLING, State.CANCELLED}),
    State.DISPATCHED: frozenset({State.DELIVERED, State.LOST, State.RETURNED}),
    State.CANCELLING: frozenset({State.CANCELLED, State.CREATED, State.DISPATCHED}),
    State.LOST: frozenset({State.DISPATCHED, State.DELIVERED, State.RETURNED}),
    State.RETURNED: frozenset(),
    State.DELIVERED: frozenset(),
    State.CANCELLED: frozenset(),
}

# The carrier has the parcel, or had it: nothing can be called back.
GONE = frozenset({State.DISPATCHED, State.DELIVERED, State.LOST, State.RETURNED})

LABELS: dict[State, tuple[str, str]] = {
    State.REQUESTED: ("배송준비중", "Being prepared"),
    State.CREATED: ("배송준비중", "Ready for the carrier"),
    State.DISPATCHED: ("배송중", "On its way"),
    State.DELIVERED: ("배송완료", "Delivered"),
    State.CANCELLING: ("취소중", "Being cancelled"),
    State.CANCELLED: ("취소됨", "Cancelled"),
    State.LOST: ("분실", "Lost"),
    State.RETURNED: ("반송됨", "Returned"),
}


class IllegalMove(Conflict):
    """The state machine has no such move."""

    code = "shipment.illegal_move"
    ko = "배송 상태를 {state}에서 {target}(으)로 바꿀 수 없습니다."
    en = "A shipment cannot go from {state} to {target}."


def move(state: State, target: State) -> State:
    """Return `target`. Raises IllegalMove where the table has no way from `state` to it."""
    if target not in MOVES[state]:
        raise IllegalMove(state=state.value, target=target.value)
    return target
