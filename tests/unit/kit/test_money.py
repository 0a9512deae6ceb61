"""Money is exact: VAT to the won, and currencies never mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.money import CurrencyMismatch, Money, UnknownCurrency, included_vat


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
