"""E-mail addresses, telephone numbers, names, passwords and addresses in their one canonical form."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.errors import Invalid, InvalidFields
from jangteo.user.domain.address import clean_address
from jangteo.user.domain.person import (
    EmailInvalid,
    Fields,
    NameInvalid,
    PasswordGuessable,
    PasswordTooShort,
    PhoneInvalid,
    accepted_password,
    clean_name,
    email_as_written,
    email_to_compare,
    phone_in_e164,
)


@pytest.mark.parametrize(
    "text",
    ["a@b.kr", "first.last+tag@sub.example.co.kr", " spaced@example.test ", "홍길동@예시.한국", "o'neil@example.test"],
)
def test_addresses_that_people_have_are_taken(text):
    assert email_as_written(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@",
        "@b.kr",
        "a@b",
        "a@@b.kr",
        "a@b..kr",
        "a@-b.kr",
        "a@b-.kr",
        ".a@b.kr",
        "a.@b.kr",
        "a..b@c.kr",
        "a b@c.kr",
        "a@b.kr\nBcc: c@d.kr",
        "a\x00@b.kr",
        "a\u200b@b.kr",
        "<a@b.kr>",
        "a@b.kr, c@d.kr",
        "x" * 65 + "@b.kr",
        "a@" + "b" * 64 + ".kr",
        "a@" + ".".join(["b" * 60] * 5) + ".kr",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(EmailInvalid):
        email_as_written(text)


def test_spellings_of_one_address_compare_equal():
    composed = unicodedata.normalize("NFC", "José@Exämple.test")
    decomposed = unicodedata.normalize("NFD", "JOSÉ@EXÄMPLE.TEST")
    assert email_to_compare(composed) == email_to_compare(f" {decomposed} ")


@given(st.text())
def test_comparing_takes_anything_and_is_settled_after_one_pass(text):
    once = email_to_compare(text)
    assert email_to_compare(once) == once


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("010-1234-5678", "+821012345678"),
        ("01012345678", "+821012345678"),
        ("010 1234 5678", "+821012345678"),
        ("011-234-5678", "+82112345678"),
        ("02-123-4567", "+8221234567"),
        ("(02) 1234-5678", "+82212345678"),
        ("031-123-4567", "+82311234567"),
        ("070-1234-5678", "+827012345678"),
        ("0507-1234-56789", "+82507123456789"),
        ("+82 10-1234-5678", "+821012345678"),
        ("+82 (0)10.1234.5678", "+821012345678"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_numbers_become_e164(text, number):
    assert phone_in_e164(text) == number
    assert phone_in_e164(number) == number


@pytest.mark.parametrize(
    "text",
    ["", "010-1234", "1234-5678", "+82", "+0123456789", "010-1234-5678x", "０１０12345678", "+82 99 1234 5678", "+1"],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(PhoneInvalid):
        phone_in_e164(text)


def test_a_name_has_visible_letters_and_single_spaces():
    assert clean_name("  김 \t 장터\u3000주식회사 ") == "김 장터 주식회사"
    assert clean_name(unicodedata.normalize("NFD", "홍길동")) == "홍길동"
    for text in ("", " ", "a\u202eb", "a\x07", "x" * 51):
        with pytest.raises(NameInvalid):
            clean_name(text)


def test_a_password_is_long_and_not_the_first_guess():
    assert accepted_password("여덟글자비밀번호", "a@b.kr") == "여덟글자비밀번호"
    for short in ("1234567", "x" * 129):
        with pytest.raises(PasswordTooShort):
            accepted_password(short, "a@b.kr")
    for weak in ("Password123", "aaaaaaaaaa", "Somebody@Example.test"):
        with pytest.raises(PasswordGuessable):
            accepted_password(weak, "somebody@example.test")


def test_an_address_names_every_field_at_fault():
    bad = {"label": "x" * 31, "recipient": "", "phone": "1", "zip": "1", "address1": "", "address2": "", "note": "\x00"}
    with pytest.raises(InvalidFields) as raised:
        clean_address(**bad)
    assert [fault.field for fault in raised.value.problems] == [
        "label",
        "recipient",
        "phone",
        "zip",
        "address1",
        "note",
    ]


def test_one_field_at_fault_is_the_error_itself():
    fields = Fields()
    fields.take("zip", lambda: _fail())
    with pytest.raises(Invalid) as raised:
        fields.settle()
    assert raised.value.field == "zip"


def _fail():
    raise Invalid()
