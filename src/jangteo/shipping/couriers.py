"""The delivery companies that staff hand parcels to themselves, and what their numbers look like."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from jangteo.kit.errors import Invalid


class Courier(NamedTuple):
    """A delivery company; `digits` are the lengths that its waybill numbers have."""

    code: str
    ko: str
    en: str
    digits: tuple[int, ...]


COURIERS: Mapping[str, Courier] = {
    courier.code: courier
    for courier in (
        Courier("cj", "CJ대한통운", "CJ Logistics", (10, 12)),
        Courier("epost", "우체국택배", "Korea Post", (13,)),
        Courier("hanjin", "한진택배", "Hanjin", (10, 12)),
        Courier("lotte", "롯데택배", "Lotte Global Logistics", (10, 12, 13)),
        Courier("logen", "로젠택배", "Logen", (10, 11)),
    )
}


class CourierUnknown(Invalid):
    """Nobody here knows that company."""

    code = "courier.unknown"
    ko = "등록되지 않은 택배사입니다."
    en = "This delivery company is not known here."


class NumberMalformed(Invalid):
    """Not a waybill number of that company."""

    code = "parcel.number"
    ko = "운송장 번호는 숫자 {digits}자리여야 합니다. ({courier})"
    en = "A waybill number of {courier} has {digits} digits."


def checked_number(code: str, text: str) -> str:
    """Return a waybill number without blanks and hyphens. Raises CourierUnknown, NumberMalformed."""
    courier = COURIERS.get(code)
    if courier is None:
        raise CourierUnknown(field="courier")
    number = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]+", number) or len(number) not in courier.digits:
        digits = "/".join(map(str, courier.digits))
        raise NumberMalformed(field="tracking_number", digits=digits, courier=courier.ko)
    return number


def name_of(code: str, language: str) -> str:
    """Return what people call a company; a code that is none of these is its own name."""
    courier = COURIERS.get(code)
    if courier is None:
        return code
    return courier.ko if language == "ko" else courier.en
