"""The price of an order, to the won, and what cannot be ordered at all."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.contracts.product import Offer
from jangteo.contracts.shipping import Quote
from jangteo.order.domain import pricing
from jangteo.order.domain.number import ALPHABET, order_number
from jangteo.order.domain.pricing import Wanted, offered, priced, require_expected, summed


def offer(sku="A-1", **changes) -> Offer:
    fields = {
        "sku": sku,
        "product_id": UUID(int=3),
        "slug": "a",
        "name_ko": "가",
        "name_en": "A",
        "option": "",
        "price": 11_000,
        "list_price": None,
        "currency": "KRW",
        "tax_free": False,
        "weight_grams": 500,
        "picture": "",
        "available": 5,
        "purchasable": True,
        "max_per_order": 10,
    }
    return Offer(**(fields | changes))


def quote(base=3_000, surcharge=0) -> Quote:
    zone = "jeju" if surcharge else "mainland"
    return Quote(fee=base + surcharge, base_fee=base, surcharge=surcharge, zone=zone, currency="KRW", free_over=50_000)


def want(sku="A-1", quantity=1, field="lines[0]") -> Wanted:
    return Wanted(sku=sku, quantity=quantity, field=field)


def test_the_same_sku_twice_is_one_line():
    lines = summed([want("A-1", 2), want("B-1", 1, "lines[1]"), want("A-1", 3, "lines[2]")])
    assert [(line.sku, line.quantity, line.field) for line in lines] == [("A-1", 5, "lines[0]"), ("B-1", 1, "lines[1]")]


def test_nothing_is_no_order():
    with pytest.raises(pricing.NothingOrdered):
        summed([])


@pytest.mark.parametrize(
    ("changes", "quantity", "error", "field"),
    [
        ({"purchasable": False}, 1, pricing.NotPurchasable, "lines[0].sku"),
        ({"currency": "USD"}, 1, pricing.CurrencyUnsupported, "lines[0].sku"),
        ({"max_per_order": 2}, 3, pricing.OverLimit, "lines[0].quantity"),
        ({"available": 2}, 3, pricing.StockInsufficient, "lines[0].quantity"),
    ],
)
def test_what_cannot_be_bought_is_refused_by_its_field(changes, quantity, error, field):
    with pytest.raises(error) as refused:
        offered([want(quantity=quantity)], {"A-1": offer(**changes)})
    assert refused.value.field == field
    assert "A-1" in refused.value.text("ko")
    assert "A-1" in refused.value.text("en")


def test_an_unknown_sku_is_refused_by_its_field():
    with pytest.raises(pricing.UnknownSku) as refused:
        offered([want(), want("NO", field="lines[1]")], {"A-1": offer()})
    assert refused.value.field == "lines[1].sku"


def test_tax_free_goods_contain_no_vat_but_their_delivery_does():
    lines = offered([want()], {"A-1": offer(tax_free=True)})
    price = priced(lines, quote(base=3_000, surcharge=3_000))
    assert (price.items_total, price.delivery.fee, price.total, price.vat) == (11_000, 6_000, 17_000, 545)


def test_another_total_than_the_buyer_saw_is_refused_with_the_new_one():
    price = priced(offered([want()], {"A-1": offer()}), quote())
    require_expected(price, None)
    require_expected(price, 14_000)
    with pytest.raises(pricing.TotalChanged) as refused:
        require_expected(price, 13_999)
    assert refused.value.params["total"] == 14_000


@given(
    st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(1, 99), st.booleans()), min_size=1, max_size=20),
    st.integers(0, 20_000),
)
def test_the_parts_sum_to_the_total_and_vat_is_a_part_of_it(goods, fee):
    offers = {
        f"S-{index}": offer(f"S-{index}", price=price, tax_free=tax_free, available=99, max_per_order=99)
        for index, (price, _, tax_free) in enumerate(goods)
    }
    wanted = [want(f"S-{index}", quantity) for index, (_, quantity, _) in enumerate(goods)]
    price = priced(offered(wanted, offers), quote(base=fee))
    assert price.total == sum(p * q for p, q, _ in goods) + fee
    taxed = sum(p * q for p, q, tax_free in goods if not tax_free) + fee
    assert abs(price.vat * 11 - taxed) <= 11


def test_an_order_number_has_the_day_in_seoul_and_no_letter_that_is_misread():
    late_evening = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert order_number(late_evening, bytes(8)) == "20261122-2222222"
    assert not set("0O1ILU") & set(ALPHABET)


@given(st.binary(min_size=8, max_size=8))
def test_order_numbers_have_one_form(random):
    day, _, letters = order_number(datetime(2026, 1, 1, tzinfo=UTC), random).partition("-")
    assert (day, len(letters)) == ("20260101", 7)
    assert set(letters) <= set(ALPHABET)
