"""How a line stands towards the catalogue, what a merge may keep, and what a guest's token is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.cart.domain import MAX_QUANTITY, Line, Standing, most_to_keep, price_change, standing
from jangteo.cart.guests import Guests
from jangteo.cart.queries import show_cart, show_line
from jangteo.cart.store import Cart, Operation
from jangteo.cart.visits import IfMatchInvalid, version_in
from jangteo.contracts.product import Offer
from jangteo.kit.ids import new_id

SECRET = "a secret of more than sixteen letters"


def offer(**changed):
    fields = {
        "sku": "A",
        "product_id": new_id(),
        "slug": "a",
        "name_ko": "가",
        "name_en": "a",
        "option": "",
        "price": 100,
        "list_price": None,
        "currency": "KRW",
        "tax_free": False,
        "weight_grams": 1,
        "picture": "",
        "available": 10,
        "purchasable": True,
        "max_per_order": 5,
        **changed,
    }
    return Offer(**fields)


def line(quantity=1, price_seen=100, selected=True, sku="A"):
    return Line(sku=sku, quantity=quantity, selected=selected, price_seen=price_seen, added_at=0)


@pytest.mark.parametrize(
    ("quantity", "changed", "expected"),
    [
        (5, {}, Standing.OK),
        (6, {}, Standing.OVER_LIMIT),
        (5, {"available": 5}, Standing.OK),
        (5, {"available": 4}, Standing.TOO_FEW_LEFT),
        (6, {"available": 4}, Standing.TOO_FEW_LEFT),
        (1, {"available": 0}, Standing.SOLD_OUT),
        (1, {"available": 0, "purchasable": False}, Standing.SOLD_OUT),
        (1, {"purchasable": False}, Standing.NOT_FOR_SALE),
    ],
)
def test_a_line_stands_as_the_catalogue_says(quantity, changed, expected):
    assert standing(line(quantity), offer(**changed)) is expected


def test_what_is_gone_is_gone():
    assert standing(line(), None) is Standing.GONE
    shown = show_line(line(3), None, "ko")
    assert (shown.state, shown.subtotal, shown.unit_price, shown.price_change) == (Standing.GONE, 0, None, None)


@pytest.mark.parametrize(("now", "moved"), [(100, None), (101, "up"), (99, "down"), (0, "down")])
def test_a_price_that_moved_is_told(now, moved):
    assert price_change(line(), offer(price=now)) == moved


@given(st.integers(-5, 500), st.integers(1, 10_000), st.booleans())
def test_a_merge_keeps_at_least_one_and_at_most_what_fits(available, most, purchasable):
    kept = most_to_keep(offer(available=available, max_per_order=most, purchasable=purchasable))
    assert 1 <= kept <= MAX_QUANTITY
    assert kept == 1 or kept <= min(available, most)


@given(st.lists(st.tuples(st.integers(1, 99), st.booleans(), st.integers(0, 10**9)), max_size=20))
def test_the_subtotal_is_the_sum_of_what_is_ticked(entries):
    lines = [line(quantity, selected=ticked, sku=f"S{i}") for i, (quantity, ticked, _) in enumerate(entries)]
    offers = {
        f"S{i}": offer(sku=f"S{i}", price=price, available=100, max_per_order=99)
        for i, (_, _, price) in enumerate(entries)
    }
    shown = show_cart(Cart(version=1, lines=tuple(lines)), offers, "ko")
    assert shown.subtotal == sum(quantity * price for quantity, ticked, price in entries if ticked)
    assert shown.pieces == sum(quantity for quantity, _, _ in entries)
    assert shown.orderable == any(ticked for _, ticked, _ in entries)


def test_a_token_opens_its_own_cart_in_its_own_shop_only():
    guests = Guests(SECRET)
    id = guests.new_id()
    token = guests.token("demo", id)
    assert guests.read("demo", token) == id
    assert guests.read("other", token) is None
    assert Guests("another secret of enough letters").read("demo", token) is None


@given(st.text(max_size=200))
def test_no_text_opens_a_cart(text):
    assert Guests(SECRET).read("demo", text) is None


@pytest.mark.parametrize("place", range(0, 80, 7))
def test_a_token_with_one_letter_changed_opens_nothing(place):
    guests = Guests(SECRET)
    token = guests.token("demo", guests.new_id())
    letter = "a" if token[place] != "a" else "b"
    assert guests.read("demo", token[:place] + letter + token[place + 1 :]) is None


def test_tokens_outlive_a_change_of_the_secret():
    token = Guests(SECRET).token("demo", "x")
    assert Guests("a new secret of many letters", SECRET).read("demo", token) == "x"
    assert Guests("a new secret of many letters").read("demo", token) is None


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="16"):
        Guests("short")


def test_two_requests_share_an_operation_by_their_key_only():
    assert Operation.of("k", "add", "A", 1) == Operation.of("k", "add", "A", 1)
    assert Operation.of("k", "add", "A", 1).digest != Operation.of("k", "add", "A", 2).digest
    assert Operation.of(None, "add", "A", 1).name != Operation.of(None, "add", "A", 1).name


def test_an_etag_names_a_version():
    assert [version_in(text) for text in ('"7"', 'W/"7"', ' "7" ', "*", None)] == ["7", "7", "7", "", ""]
    for text in ("", "7", '"x"', '"-1"', '"7", "8"'):
        with pytest.raises(IfMatchInvalid):
            version_in(text)
