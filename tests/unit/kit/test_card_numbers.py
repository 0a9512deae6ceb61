"""What looks like a card number is found; what only has many digits is let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.card_numbers import CardNumberRefused, looks_like_card_number, refuse_card_number


def check_digit(digits):
    total = 0
    for place, digit in enumerate(reversed(digits), start=1):
        doubled = int(digit) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


numbers = st.text("0123456789", min_size=12, max_size=18).map(lambda digits: digits + check_digit(digits))


@given(numbers, st.sampled_from(["", " ", "-", "."]), st.sampled_from(["", "카드 ", "card: ", "("]))
def test_every_card_number_is_found_however_it_is_written(number, mark, before):
    groups = mark.join(number[at : at + 4] for at in range(0, len(number), 4))
    assert looks_like_card_number(f"{before}{groups}")
    assert looks_like_card_number(f"{before}{groups} 입니다")


@given(numbers)
def test_a_number_with_a_wrong_digit_is_none(number):
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not looks_like_card_number(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tok_4242424242424242abcdef0123456789",
        "4242424242424242a",
        "424242424242",
        "42424242424242424242",
        "환불 사유: 색상이 달라요",
        "20260101-0001",
        "4242/4242/4242/4242",
    ],
)
def test_what_is_no_card_number_is_let_through(text):
    assert not looks_like_card_number(text)


def test_a_refusal_names_the_field_and_never_the_number():
    with pytest.raises(CardNumberRefused) as refused:
        refuse_card_number("4242 4242 4242 4242", field="reason")
    assert refused.value.field == "reason"
    for language in ("ko", "en"):
        assert "4242" not in refused.value.text(language)
    assert "4242" not in str(refused.value)
