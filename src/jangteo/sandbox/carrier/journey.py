"""Where a parcel goes, as pure rules: every parcel's whole journey is known from its recipient's zip code.

    accepted -> picked_up -> in_transit … -> out_for_delivery -> delivered
        |                        |                  ├─> attempt_failed -> out_for_delivery -> delivered
        v                        v                  └─> attempt_failed (three times) -> returning -> returned
      voided                   lost

Only an accepted parcel can be voided: from picked_up on it is the carrier's.
"""

from enum import StrEnum

import msgspec


class Code(StrEnum):
    """What the carrier announces about a parcel."""

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
    HELD_AT_DEPOT = "held_at_depot"  # in no published list, as real carriers have some


class Fault(StrEnum):
    """What goes wrong with a parcel; docs/sandbox.md tells the people who test with it."""

    NONE = "none"
    FAILED_ATTEMPT = "failed_attempt"
    LOST = "lost"
    RETURNED = "returned"
    OUT_OF_ORDER = "out_of_order"
    DUPLICATES = "duplicates"
    UNKNOWN_CODE = "unknown_code"
    UNDELIVERABLE = "undeliverable"
    TIMEOUT_MADE = "timeout_made"
    TIMEOUT_NOT_MADE = "timeout_not_made"


# No real address has these: Korean zip codes end at 63xxx.
FAULT_ZIPS: dict[str, Fault] = {
    "99901": Fault.FAILED_ATTEMPT,
    "99902": Fault.LOST,
    "99903": Fault.RETURNED,
    "99904": Fault.OUT_OF_ORDER,
    "99905": Fault.DUPLICATES,
    "99906": Fault.UNKNOWN_CODE,
    "99907": Fault.UNDELIVERABLE,
    "99908": Fault.TIMEOUT_MADE,
    "99909": Fault.TIMEOUT_NOT_MADE,
}

MESSAGES: dict[Code, str] = {
    Code.ACCEPTED: "접수되었습니다.",
    Code.PICKED_UP: "집화하였습니다.",
    Code.IN_TRANSIT: "허브에 도착하였습니다.",
    Code.OUT_FOR_DELIVERY: "배송 출발하였습니다.",
    Code.ATTEMPT_FAILED: "받는 분을 만나지 못했습니다.",
    Code.DELIVERED: "배송 완료하였습니다.",
    Code.RETURNING: "보내는 분께 돌려보냅니다.",
    Code.RETURNED: "보내는 분께 돌려드렸습니다.",
    Code.LOST: "분실되었습니다.",
    Code.VOIDED: "접수가 취소되었습니다.",
    Code.HELD_AT_DEPOT: "영업소에서 보관합니다.",
}

# The last zip prefix of each region (two digits), in order, with the city where its hub is.
_REGIONS = (
    (9, "서울"),
    (20, "수원"),
    (23, "인천"),
    (26, "원주"),
    (29, "청주"),
    (30, "세종"),
    (33, "천안"),
    (35, "대전"),
    (40, "구미"),
    (43, "대구"),
    (45, "울산"),
    (49, "부산"),
    (53, "창원"),
    (56, "전주"),
    (60, "목포"),
    (62, "광주"),
    (63, "제주"),
)
_MAIN_HUB = "옥천"


class Step(msgspec.Struct, frozen=True):
    """One announcement of a journey."""

    code: Code
    place: str


def fault_of(zip_code: str) -> Fault:
    """Return what goes wrong on the way to `zip_code`."""
    return FAULT_ZIPS.get(zip_code, Fault.NONE)


def city_of(zip_code: str) -> str:
    """Return the city of the hub that serves `zip_code`; those that no region has are served from the capital."""
    prefix = int(zip_code[:2])
    return next((city for last, city in _REGIONS if 1 <= prefix <= last), "서울")


def journey(sender_zip: str, recipient_zip: str) -> tuple[Step, ...]:
    """Return all announcements from the acceptance to the end, in order."""
    start, end = city_of(sender_zip), city_of(recipient_zip)
    way = [Step(Code.ACCEPTED, start), Step(Code.PICKED_UP, start), Step(Code.IN_TRANSIT, f"{start} 허브")]
    if start != end:
        way.append(Step(Code.IN_TRANSIT, f"{_MAIN_HUB} 허브"))
    out, failed = Step(Code.OUT_FOR_DELIVERY, end), Step(Code.ATTEMPT_FAILED, end)
    delivered = Step(Code.DELIVERED, end)
    match fault_of(recipient_zip):
        case Fault.LOST:
            return (*way, Step(Code.LOST, f"{start} 허브"))
        case Fault.FAILED_ATTEMPT:
            return (*way, out, failed, out, delivered)
        case Fault.RETURNED:
            back = (Step(Code.RETURNING, end), Step(Code.RETURNED, start))
            return (*way, *(out, failed) * 3, *back)
        case Fault.UNKNOWN_CODE:
            return (*way, Step(Code.HELD_AT_DEPOT, end), out, delivered)
        case _:
            last_hub = (Step(Code.IN_TRANSIT, f"{end} 허브"),) if start != end else ()
            return (*way, *last_hub, out, delivered)
