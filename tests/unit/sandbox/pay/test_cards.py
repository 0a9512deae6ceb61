"""Card numbers are checked as the standard says, and only the documented test cards pass."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.sandbox.pay import cards
from jangteo.sandbox.pay.schemas import NewToken

NOW = datetime.datetime(2026, 6, 15, tzinfo=datetime.UTC).timestamp()


@given(st.text("0123456789", min_size=12, max_size=18))
def test_exactly_one_last_digit_fits_and_a_slip_of_one_digit_is_noticed(beginning: str) -> None:
    fitting = [digit for digit in "0123456789" if cards.passes_luhn(beginning + digit)]
    assert len(fitting) == 1
    number = beginning + fitting[0]
    slipped = str((int(number[3]) + 1) % 10).join((number[:3], number[4:]))
    assert not cards.passes_luhn(slipped)


@pytest.mark.parametrize("number", cards.TEST_CARDS)
def test_every_documented_card_passes(number: str) -> None:
    cvc = "1234" if cards.brand_of(number) == "amex" else "123"
    assert cards.check_card(number, 6, 2026, cvc, NOW) is cards.TEST_CARDS[number]


def test_every_behaviour_has_a_card() -> None:
    assert set(cards.TEST_CARDS.values()) == set(cards.Behaviour)


def test_a_card_lasts_to_the_end_of_its_month() -> None:
    with pytest.raises(cards.CardExpired):
        cards.check_card("4242424242424242", 5, 2026, "123", NOW)
    assert cards.check_card("4242424242424242", 6, 2026, "123", NOW) is cards.Behaviour.SUCCESS


def test_a_possible_number_that_is_no_test_card_is_refused() -> None:
    with pytest.raises(cards.TestCardRequired):
        cards.check_card("4111111111111111", 6, 2030, "123", NOW)


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4", "visa"),
        ("2221", "mastercard"),
        ("5500", "mastercard"),
        ("3400", "amex"),
        ("3528", "jcb"),
        ("6200", "unionpay"),
        ("9490", "domestic"),
        ("1000", "unknown"),
    ],
)
def test_the_brand_is_told_by_the_first_digits(number: str, brand: str) -> None:
    assert cards.brand_of(number) == brand


def test_a_card_shows_nothing_of_itself_in_a_traceback() -> None:
    card = NewToken(number="4242424242424242", expiry_month=1, expiry_year=2030, cvc="999", holder="김민수")
    assert repr(card) == str(card) == "NewToken(…)"
