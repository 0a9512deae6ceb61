"""A fee is a pure function of goods, place and tariff; free delivery does not bridge the sea."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.contracts.shipping import QuoteRequest
from jangteo.shipping.fees import NotDelivered, Tariff, ZipMalformed, quote, weight_steps
from jangteo.shipping.zones import ISLANDS, JEJU, zone_of

NOW = datetime(2026, 11, 18, 1, tzinfo=UTC)
TARIFF = Tariff(base_fee=3000, free_over=50_000, jeju_surcharge=3000, island_surcharge=5000, heavy_fee_per_step=2000)


def fee(zip_code="04524", items_total=10_000, grams=500):
    return quote(QuoteRequest(zip=zip_code, items_total=items_total, weight_grams=grams), TARIFF, NOW)


@pytest.mark.parametrize(
    ("zip_code", "items_total", "grams", "expected", "zone"),
    [
        ("04524", 49_999, 500, 3000, "mainland"),
        ("04524", 50_000, 500, 0, "mainland"),
        ("63000", 10_000, 500, 6000, "jeju"),
        ("63644", 50_000, 500, 3000, "jeju"),
        ("40240", 50_000, 500, 5000, "island"),
        ("40241", 50_000, 500, 0, "mainland"),
        ("04524", 10_000, 10_000, 3000, "mainland"),
        ("04524", 10_000, 10_001, 5000, "mainland"),
        ("04524", 10_000, 20_001, 9000, "mainland"),
    ],
)
def test_the_fee(zip_code, items_total, grams, expected, zone):
    answer = fee(zip_code, items_total, grams)
    assert (answer.fee, answer.zone) == (expected, zone)
    assert answer.fee == answer.base_fee + answer.surcharge


@pytest.mark.parametrize("zip_code", ["", "1234", "123456", "12a45", "١٢٣٤٥"])
def test_a_zip_code_has_five_digits(zip_code):
    with pytest.raises(ZipMalformed):
        fee(zip_code)


def test_what_nobody_carries_is_refused_before_it_is_paid():
    with pytest.raises(NotDelivered):
        fee(grams=1_000_001)


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_more_weight_never_costs_less(one, other):
    lighter, heavier = sorted((one, other))
    assert weight_steps(lighter) <= weight_steps(heavier)


def test_the_ranges_are_in_order_and_do_not_overlap():
    for ranges in (JEJU, ISLANDS):
        bounds = [bound for pair in ranges for bound in pair]
        assert bounds == sorted(bounds)
    assert zone_of("00000") == "mainland"
