"""The life of what an order holds of the stock.

                reserve (enough)          commit
          ┌───────────────────────► HELD ─────────► COMMITTED
          │                          │ │              │
          │                   expire │ │ release      │ release
          │                          ▼ │              ▼
(nothing)─┤                     EXPIRED│          RESTOCKED
          │ reserve (too little)  │ │  │
          ├───────────► REFUSED   │ └──┼─ commit (enough) ──► COMMITTED
          │                │      │    │  commit (too little) ► EXPIRED
          │ release        ▼      ▼    ▼
          └────────────► RELEASED ◄────┘     a tombstone: a reserve that comes later is refused
"""

from enum import StrEnum

from jangteo.kit.errors import Conflict


class State(StrEnum):
    """Where a reservation stands."""

    HELD = "held"
    EXPIRED = "expired"
    COMMITTED = "committed"
    RELEASED = "released"
    RESTOCKED = "restocked"
    REFUSED = "refused"


class Move(StrEnum):
    """What can happen to a reservation."""

    RESERVE = "reserve"
    REFUSE = "refuse"
    EXPIRE = "expire"
    COMMIT = "commit"
    RELEASE = "release"


MOVES: dict[tuple[State | None, Move], State] = {
    (None, Move.RESERVE): State.HELD,
    (None, Move.REFUSE): State.REFUSED,
    (None, Move.RELEASE): State.RELEASED,
    (State.HELD, Move.EXPIRE): State.EXPIRED,
    (State.HELD, Move.COMMIT): State.COMMITTED,
    (State.HELD, Move.RELEASE): State.RELEASED,
    (State.EXPIRED, Move.COMMIT): State.COMMITTED,
    (State.EXPIRED, Move.RELEASE): State.RELEASED,
    (State.REFUSED, Move.RELEASE): State.RELEASED,
    (State.COMMITTED, Move.RELEASE): State.RESTOCKED,
}


class IllegalStockMove(Conflict):
    """This cannot happen to a reservation that stands there."""

    code = "stock.illegal_move"
    ko = "재고 예약 상태에서 할 수 없는 작업입니다: {state} → {move}"
    en = "A reservation that is {state} cannot {move}."


def move(state: State | None, what: Move) -> State:
    """Return the state after `what`. Raises IllegalStockMove where the picture has no such arrow."""
    try:
        return MOVES[state, what]
    except KeyError:
        raise IllegalStockMove(state=state or "nothing", move=what.value) from None
