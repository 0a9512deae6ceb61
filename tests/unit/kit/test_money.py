"""Money is exact: parts sum to the whole, and VAT to the won."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.money import CurrencyMismatch, Money, UnknownCurrency, included_vat, split_by_weight

amounts = st.integers(min_value=-(10**12), max_value=10**12)


@given(amounts, st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=20))
def test_parts_sum_to_the_whole(total, weights):
    parts = split_by_weight(total, weights)
    assert sum(parts) == total
    whole = sum(weights) or 1
    for part, weight in zip(parts, weights, strict=True):
        if sum(weights):
            assert abs(part * whole - total * weight) < whole


def test_weights_that_are_missing_or_negative_are_refused():
    with pytest.raises(ValueError, match="weights"):
        split_by_weight(100, [])
    with pytest.raises(ValueError, match="weights"):
        split_by_weight(100, [3, -1])


@pytest.mark.parametrize(("total", "vat"), [(11000, 1000), (39000, 3545), (1, 0), (0, 0), (10, 1), (6, 1), (5, 0)])
def test_vat_is_inside_a_korean_price(total, vat):
    assert included_vat(total) == vat


@given(st.integers(min_value=0, max_value=10**12))
def test_supply_is_the_price_without_vat_rounded_half_up(total):
    supply = total - included_vat(total)
    assert abs(supply * 11 - total * 10) * 2 <= 11


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyMismatch):
        Money(1, "KRW") + Money(1, "USD")
    with pytest.raises(UnknownCurrency):
        Money(1, "XXX")
    assert Money(3) + Money(4) - Money(2) == Money(5)
    assert Money(3) * 4 == Money(12)
