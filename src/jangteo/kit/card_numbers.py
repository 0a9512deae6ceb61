"""The last door before a card number could come in: what looks like one is refused and never kept or logged."""

import re

from jangteo.kit.errors import Invalid

# Digits that stand alone, in groups or not; ISO/IEC 7812-1 numbers have 13 to 19 of them.
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\d(?:[ .-]?\d){12,18}(?![0-9A-Za-z])", re.ASCII)


class CardNumberRefused(Invalid):
    """A field holds what looks like a card number; it belongs to the provider's own form."""

    code = "card_number.refused"
    ko = "카드 번호는 받지 않습니다. 결제사 양식에만 입력해 주세요."
    en = "Card numbers are not taken here. Please enter them in the payment provider's form only."


def looks_like_card_number(text: str) -> bool:
    """Tell whether `text` holds 13 to 19 digits that stand alone and pass the check of Luhn."""
    return any(_passes_luhn(re.sub(r"[ .-]", "", found)) for found in _DIGITS.findall(text))


def refuse_card_number(text: str, *, field: str) -> None:
    """Raise CardNumberRefused, naming `field` and never its content."""
    if looks_like_card_number(text):
        raise CardNumberRefused(field=field)


def _passes_luhn(digits: str) -> bool:
    # ISO/IEC 7812-1 annex B: every second digit from the right counts double, its digits summed.
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
