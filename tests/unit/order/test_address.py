"""Addresses are tidied when they come in, and masked for whoever need not read them."""

import unicodedata

import pytest

from jangteo.order.domain.address import Address, FieldBlank, PhoneMalformed, decode, encode, masked, normal_phone, tidy

HOME = Address(
    recipient="홍길동",
    phone="010-1234-5678",
    zip="04524",
    address1="서울특별시 중구 세종대로 110",
    address2="3층",
    note="문 앞",
)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("010-1234-5678", "+821012345678"),
        ("02) 123-4567".replace(")", " "), "+8221234567"),
        ("+82 10 1234 5678", "+821012345678"),
        ("82-10-1234-5678", "+821012345678"),
        ("+1 (415) 555-0100", "+14155550100"),
    ],
)
def test_telephone_numbers_get_one_form(given, normal):
    assert normal_phone(given) == normal


@pytest.mark.parametrize("bad", ["", "1234", "abc-defg-hijk", "010-1234-567x", "+82" * 9, "٠١٠١٢٣٤٥٦٧٨"])
def test_what_is_no_telephone_number_is_refused_by_its_field(bad):
    with pytest.raises(PhoneMalformed) as refused:
        normal_phone(bad)
    assert refused.value.field == "address.phone"


def test_an_address_is_composed_and_loses_stray_blanks():
    messy = Address(**{**_fields(HOME), "recipient": unicodedata.normalize("NFD", " 홍길동 "), "note": "\n문   앞\t"})
    assert tidy(messy) == Address(**{**_fields(HOME), "phone": "+821012345678"})


@pytest.mark.parametrize("name", ["recipient", "address1"])
def test_blanks_are_nobody_and_nowhere(name):
    with pytest.raises(FieldBlank) as refused:
        tidy(Address(**{**_fields(HOME), name: "  \t"}))
    assert refused.value.field == f"address.{name}"


def test_a_masked_address_shows_neither_name_nor_number_nor_street():
    shown = masked(tidy(HOME))
    assert shown == Address(
        recipient="홍*동", phone="*********5678", zip="04524", address1="서울특별시 중구", address2="***", note=""
    )
    assert masked(Address(**{**_fields(HOME), "recipient": "김수"})).recipient == "김*"
    assert masked(Address(**{**_fields(HOME), "recipient": "김"})).recipient == "김*"


def test_what_is_sealed_is_what_comes_out():
    assert decode(encode(HOME)) == HOME


def _fields(address: Address) -> dict:
    return {name: getattr(address, name) for name in Address.__struct_fields__}
