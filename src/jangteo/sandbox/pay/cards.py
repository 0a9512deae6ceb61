"""Cards: is a number possible, whose brand is it, and which of the documented test cards is it."""

from datetime import UTC, datetime
from enum import StrEnum

from jangteo.sandbox.problems import Refusal


class Behaviour(StrEnum):
    """What a payment with a card does; docs/sandbox.md tells the people who test with them."""

    SUCCESS = "success"
    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    NEEDS_CONFIRMATION = "needs_confirmation"
    TIMEOUT_MADE = "timeout_made"
    TIMEOUT_NOT_MADE = "timeout_not_made"
    ANSWERED_TWICE = "answered_twice"
    WEBHOOK_FIRST = "webhook_first"
    WEBHOOK_LATE = "webhook_late"
    WEBHOOK_FORGED_FIRST = "webhook_forged_first"
    CAPTURE_FAILS = "capture_fails"
    CAPTURE_TIMEOUT = "capture_timeout"
    EXPIRES_FAST = "expires_fast"
    REFUND_FAILS = "refund_fails"


TEST_CARDS: dict[str, Behaviour] = {
    "4242424242424242": Behaviour.SUCCESS,
    "5555555555554444": Behaviour.SUCCESS,
    "378282246310005": Behaviour.SUCCESS,
    "3530111333300000": Behaviour.SUCCESS,
    "9490220000000002": Behaviour.SUCCESS,
    "4000000000000002": Behaviour.DECLINED,
    "4000000000009995": Behaviour.INSUFFICIENT_FUNDS,
    "4000002500003155": Behaviour.NEEDS_CONFIRMATION,
    "4000000000001000": Behaviour.TIMEOUT_MADE,
    "4000000000001018": Behaviour.TIMEOUT_NOT_MADE,
    "4000000000001026": Behaviour.ANSWERED_TWICE,
    "4000000000001034": Behaviour.WEBHOOK_FIRST,
    "4000000000001042": Behaviour.WEBHOOK_LATE,
    "4000000000001059": Behaviour.WEBHOOK_FORGED_FIRST,
    "4000000000001067": Behaviour.CAPTURE_FAILS,
    "4000000000001075": Behaviour.CAPTURE_TIMEOUT,
    "4000000000001083": Behaviour.EXPIRES_FAST,
    "4000000000001091": Behaviour.REFUND_FAILS,
}


# In Korean and in English, for the people who try the shop.
_MEANINGS: dict[Behaviour, tuple[str, str]] = {
    Behaviour.SUCCESS: ("결제 성공", "is paid"),
    Behaviour.DECLINED: ("카드사 거절", "is declined"),
    Behaviour.INSUFFICIENT_FUNDS: ("한도 초과", "has insufficient funds"),
    Behaviour.NEEDS_CONFIRMATION: ("본인 인증 필요", "asks for a confirmation"),
    Behaviour.TIMEOUT_MADE: ("응답 지연, 결제됨", "gets no answer in time, is paid"),
    Behaviour.TIMEOUT_NOT_MADE: ("응답 지연, 결제 안 됨", "gets no answer in time, is not paid"),
    Behaviour.ANSWERED_TWICE: ("알림이 두 번 옴", "is told of twice"),
    Behaviour.WEBHOOK_FIRST: ("알림이 응답보다 먼저 옴", "is told of before it is answered"),
    Behaviour.WEBHOOK_LATE: ("알림이 늦게 옴", "is told of late"),
    Behaviour.WEBHOOK_FORGED_FIRST: ("위조된 알림이 먼저 옴", "is told of by a forger first"),
    Behaviour.CAPTURE_FAILS: ("매입 실패", "cannot be captured"),
    Behaviour.CAPTURE_TIMEOUT: ("매입 응답 지연", "is captured without an answer"),
    Behaviour.EXPIRES_FAST: ("승인이 곧 만료됨", "expires soon"),
    Behaviour.REFUND_FAILS: ("환불 실패", "cannot be refunded"),
}


def meanings(language: str) -> dict[str, str]:
    """Return what becomes of a payment with each test card, in words."""
    return {number: _MEANINGS[behaviour][language == "en"] for number, behaviour in TEST_CARDS.items()}


class NumberInvalid(Refusal):
    """The check digit does not fit."""

    status = 422
    code = "card_number_invalid"
    detail = "The card number is not valid."


class TestCardRequired(Refusal):
    """A possible number, but not one of ours: nobody's real card may come here."""

    __test__ = False  # the name is the field's word, not a test's
    status = 422
    code = "test_card_required"
    detail = "Only the documented test cards work in the sandbox."


class CardExpired(Refusal):
    """The card's last month is over, or no month at all."""

    status = 422
    code = "card_expired"
    detail = "The card has expired."


class CvcInvalid(Refusal):
    """Three digits, or four for American Express."""

    status = 422
    code = "cvc_invalid"
    detail = "The security code is not valid."


def passes_luhn(number: str) -> bool:
    """Tell whether the last digit fits (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, character in enumerate(reversed(number)):
        digit = int(character) * (1 + position % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def brand_of(number: str) -> str:
    """Return the scheme by the first digits; `domestic` are the cards that only Korea takes."""
    if number[:2] in ("34", "37"):
        return "amex"
    if "51" <= number[:2] <= "55" or "2221" <= number[:4] <= "2720":
        return "mastercard"
    if number[:2] == "35":
        return "jcb"
    return {"4": "visa", "6": "unionpay", "9": "domestic"}.get(number[0], "unknown")


def check_card(number: str, month: int, year: int, cvc: str, now: float) -> Behaviour:
    """Return what the card does; raises NumberInvalid, TestCardRequired, CardExpired or CvcInvalid."""
    if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and passes_luhn(number)):
        raise NumberInvalid(field="number")
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        raise CardExpired(field="expiry_month" if year == today.year else "expiry_year")
    if not (cvc.isascii() and cvc.isdigit() and len(cvc) == (4 if brand_of(number) == "amex" else 3)):
        raise CvcInvalid(field="cvc")
    behaviour = TEST_CARDS.get(number)
    if behaviour is None:
        raise TestCardRequired(field="number")
    return behaviour
