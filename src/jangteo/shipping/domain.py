"""The rules of a shipment, pure: what is to be done next, and what a carrier's tracking means for it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from jangteo.shipping.states import GONE, MOVES, State, move


class Task(StrEnum):
    """What the service has to do with the carrier; done outside of any transaction."""

    REGISTER = "register"
    VOID = "void"
    POLL = "poll"


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """The shipment of one order.

    `wanted_back` is set by a cancellation until it is decided. `asked` counts the calls that may have registered the
    parcel without our knowing: while it is 0, the carrier cannot have the parcel.
    """

    id: UUID
    tenant: str
    order_id: UUID
    order_number: str
    member_id: UUID
    state: State
    carrier: str
    number: str | None
    weight_grams: int
    wanted_back: bool
    task: Task | None
    tries: int
    asked: int


class Code(StrEnum):
    """What any carrier's word for a parcel's whereabouts is mapped to; what is not known is kept as it was sent."""

    ACCEPTED = "accepted"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    VOIDED = "voided"
    UNKNOWN = "unknown"


LABELS: dict[Code, tuple[str, str]] = {
    Code.ACCEPTED: ("접수", "Accepted"),
    Code.PICKED_UP: ("집화", "Picked up"),
    Code.IN_TRANSIT: ("이동중", "In transit"),
    Code.OUT_FOR_DELIVERY: ("배송출발", "Out for delivery"),
    Code.ATTEMPT_FAILED: ("배달 실패", "Delivery attempt failed"),
    Code.DELIVERED: ("배송완료", "Delivered"),
    Code.RETURNING: ("반송중", "On its way back"),
    Code.RETURNED: ("반송완료", "Returned"),
    Code.LOST: ("분실", "Lost"),
    Code.VOIDED: ("접수취소", "Called back"),
    Code.UNKNOWN: ("확인중", "Being checked"),
}

_MEANS: dict[Code, State] = {
    Code.PICKED_UP: State.DISPATCHED,
    Code.IN_TRANSIT: State.DISPATCHED,
    Code.OUT_FOR_DELIVERY: State.DISPATCHED,
    Code.ATTEMPT_FAILED: State.DISPATCHED,
    Code.RETURNING: State.DISPATCHED,
    Code.DELIVERED: State.DELIVERED,
    Code.RETURNED: State.RETURNED,
    Code.LOST: State.LOST,
    Code.VOIDED: State.CANCELLED,
}


class Sighting(NamedTuple):
    """A tracking event by the carrier's own clock; `raw` is the carrier's own word."""

    code: Code
    raw: str
    at: datetime
    place: str

    @property
    def is_known(self) -> bool:
        """Tell whether the carrier's word means anything to us."""
        return self.code is not Code.UNKNOWN


def way_to(state: State, sighting: Sighting, seen_until: datetime | None) -> list[State]:
    """Return the states that a shipment enters, in order, because of a new `sighting` of its parcel.

    A parcel that was delivered must have been picked up, even if nobody said so, and from delivered there is no way
    back: such facts count whenever they are heard of. Only between lost and found again does the carrier's clock
    decide: what lies before `seen_until`, the newest sighting of a known kind so far, is history there.
    """
    target = _MEANS.get(sighting.code)
    if target is None or target == state:
        return []
    overtaken = seen_until is not None and sighting.at < seen_until
    if overtaken and (target is State.LOST or (state is State.LOST and target is State.DISPATCHED)):
        return []
    if target in MOVES[state]:
        return [move(state, target)]
    if State.DISPATCHED in MOVES[state] and target in MOVES[State.DISPATCHED]:
        return [move(state, State.DISPATCHED), target]
    return []


def is_gone(state: State) -> bool:
    """Tell whether the carrier has, or had, the parcel."""
    return state in GONE


def masked_name(name: str) -> str:
    """Return a name as staff see it: 김민수 -> 김*수."""
    if len(name) < 3:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]
