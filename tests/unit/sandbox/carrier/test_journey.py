"""Every parcel's way begins with its acceptance and comes to an end, whatever goes wrong on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.sandbox.carrier import domain
from jangteo.sandbox.carrier.domain import Parcel
from jangteo.sandbox.carrier.journey import FAULT_ZIPS, MESSAGES, Code, Fault, city_of, journey

ZIPS = st.from_regex(r"\A[0-9]{5}\Z") | st.sampled_from(sorted(FAULT_ZIPS))
ENDS = {Code.DELIVERED, Code.RETURNED, Code.LOST}


def parcel(status: Code = Code.ACCEPTED, step: int = 0) -> Parcel:
    return Parcel(
        number=domain.parcel_number(1),
        reference="shipment-1",
        status=status,
        step=step,
        sender_zip="06236",
        recipient_zip="48058",
        weight_grams=500,
        note="",
        label_key="key",
        created_at=0.0,
        updated_at=0.0,
        next_at=5.0,
    )


@given(ZIPS, ZIPS)
def test_a_way_is_accepted_first_picked_up_next_and_ends_once(sender: str, recipient: str) -> None:
    codes = [step.code for step in journey(sender, recipient)]
    assert codes[:2] == [Code.ACCEPTED, Code.PICKED_UP]
    assert codes[-1] in ENDS
    assert not ENDS & set(codes[:-1])
    assert Code.VOIDED not in codes


@given(ZIPS, ZIPS)
def test_a_parcel_that_keeps_moving_comes_to_its_end(sender: str, recipient: str) -> None:
    way = journey(sender, recipient)
    moving = parcel()
    while moving.next_at is not None:
        moving = domain.advance(moving, way, moving.next_at, 5.0)
    assert moving.status is way[-1].code
    assert moving.updated_at == 5.0 * (len(way) - 1)


@pytest.mark.parametrize("code", list(Code))
def test_only_an_accepted_parcel_can_be_called_back_and_twice_is_once(code: Code) -> None:
    if code in (Code.ACCEPTED, Code.VOIDED):
        voided = domain.void(parcel(code), 1.0)
        assert voided.status is Code.VOIDED
        assert domain.void(voided, 2.0) is voided
    else:
        with pytest.raises(domain.AlreadyPickedUp):
            domain.void(parcel(code), 1.0)


def test_every_fault_has_a_zip_code_and_every_code_has_words() -> None:
    assert {*FAULT_ZIPS.values(), Fault.NONE} == set(Fault)
    assert set(MESSAGES) == set(Code)


@pytest.mark.parametrize(
    ("zip_code", "city"), [("06236", "서울"), ("48058", "부산"), ("63309", "제주"), ("00000", "서울")]
)
def test_a_zip_code_has_the_hub_of_its_region(zip_code: str, city: str) -> None:
    assert city_of(zip_code) == city


@given(st.integers(min_value=0, max_value=10**11 - 1))
def test_a_number_has_twelve_digits_and_a_check_digit_that_notices_a_slip(serial: int) -> None:
    number = domain.parcel_number(serial)
    assert len(number) == 12
    assert int(number[:11]) % 7 == int(number[11])
    slipped = f"{number[:10]}{(int(number[10]) + 1) % 10}{number[11]}"
    assert int(slipped[:11]) % 7 != int(slipped[11])


@pytest.mark.parametrize(
    ("name", "masked"), [("김민수", "김*수"), ("이준", "이*"), ("남궁민수", "남**수"), ("A", "A*")]
)
def test_a_label_shows_the_ends_of_a_name_only(name: str, masked: str) -> None:
    assert domain.masked_name(name) == masked


def test_a_label_shows_the_last_four_digits_of_a_phone_only() -> None:
    assert domain.masked_phone("+82 10-1234-5678") == "+** **-****-5678"
