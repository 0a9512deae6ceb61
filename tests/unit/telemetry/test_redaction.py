"""What must never be read in a log, and what must stay readable."""

import pytest

from jangteo.kit.telemetry.redaction import MASK, redact, redact_value


@pytest.mark.parametrize(
    "text",
    [
        "kim.minsu+shop@example.co.kr",
        "KIM@EXAMPLE.COM",
        "메일 kim@example.com으로 보냄",
        "mailto:kim@example.com?subject=x",
        "<kim@example.com>",
        "GET /v1/members?email=kim%40example.com&page=2",
        "민수@한국.한국",
    ],
)
def test_an_e_mail_address_is_masked(text):
    masked = redact(text)
    assert "[email]" in masked
    assert "kim" not in masked.lower()
    assert "민수" not in masked


@pytest.mark.parametrize(
    "number",
    [
        "010-1234-5678",
        "01012345678",
        "010 1234 5678",
        "010.1234.5678",
        "011-234-5678",
        "02-123-4567",
        "02-1234-5678",
        "0212345678",
        "(02)123-4567",
        "031-123-4567",
        "070-1234-5678",
        "0504-1234-5678",
        "+82 10-1234-5678",
        "+82-10-1234-5678",
        "+821012345678",
        "+82 (0)10 1234 5678",
    ],
)
@pytest.mark.parametrize("around", ["{}", "연락처 {}로 문자", "phone={}", "'{}'", "tel:{},", "x\n{}\ny", "전화{}"])
def test_a_korean_phone_number_is_masked(number, around):
    assert redact(around.format(number)) == around.format("[phone]")


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111",
        "3782-822463-10005",
        "378282246310005",
        "6304000000000000000",
        "6304-0000-0000-0000-000",
        "4222222222222",
        "900101-1234567",
    ],
)
@pytest.mark.parametrize("around", ["{}", "카드 {}로 결제", "card={}", '{{"n":"{}"}}'])
def test_a_card_like_number_is_masked(number, around):
    assert redact(around.format(number)) == around.format("[number]")


@pytest.mark.parametrize(
    "text",
    [
        "order 0192f3b4-7c1e-7a3b-9c5d-2f1e0a9b8c7d is paid",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "1234567 won in 12 parts, 2025-11-22T08:30:44.123+00:00",
        "127.0.0.1:26004 answered 200 in 0.0123 s",
        "http://127.0.0.1:8001/v1/orders?page=2",
        "version 2.15.1, 1588-1234",
        "@media at 10:30",
        "재고 12345678개",
    ],
)
def test_what_names_nobody_stays_readable(text):
    assert redact(text) == text


def test_fields_are_masked_by_name_and_by_content_at_any_depth():
    assert redact_value("password", "x") == MASK
    assert redact_value("Token", 1) == MASK
    assert redact_value("count", 3) == 3
    assert redact_value("ratio", 0.5) == 0.5
    assert redact_value("card", 4111111111111111) == "[number]"
    assert redact_value("detail", {"to": ["kim@example.com", None], "email": "a"}) == {
        "to": ["[email]", None],
        "email": MASK,
    }
    assert redact_value("error", ValueError("010-1234-5678")) == "[phone]"
