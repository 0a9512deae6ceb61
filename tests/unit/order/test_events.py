"""Events live for ever: every kind is readable, and those of older versions are brought up to date."""

import json
from uuid import UUID

import msgspec
import pytest

from jangteo.order.domain import events as happened
from jangteo.order.domain.order import _CHANGES, evolve
from jangteo.order.store import STREAMS
from jangteo.order.wording import HAPPENINGS

# As it was written before the delivery fee was split and the VAT stated.
PLACED_1 = {
    "number": "20260101-ABCDEFG",
    "member_id": "00000000-0000-0000-0000-000000000002",
    "currency": "KRW",
    "lines": [
        {
            "sku": sku,
            "product_id": "00000000-0000-0000-0000-000000000003",
            "slug": sku.lower(),
            "name_ko": "가",
            "name_en": "A",
            "option": "",
            "picture": "",
            "quantity": 2,
            "unit_price": 11_000,
            "tax_free": tax_free,
            "weight_grams": 500,
        }
        for sku, tax_free in (("A-1", False), ("B-1", True))
    ],
    "items_total": 44_000,
    "shipping_fee": 3_000,
    "total": 47_000,
    "cart_id": None,
    "address": "sealed",
    "pay_until": "2026-01-01T00:15:00Z",
    "hold_until": "2026-01-01T00:20:00Z",
}


def test_an_order_placed_before_fees_were_split_is_read_as_today():
    event = STREAMS.decode("order.placed/1", json.dumps(PLACED_1))
    assert isinstance(event, happened.OrderPlaced)
    assert event.delivery == happened.Delivery(base_fee=3_000, surcharge=0, zone="mainland")
    assert event.vat == 2_273  # of 22,000 taxed goods and 3,000 delivery; the tax-free goods have none
    assert event.total == 47_000


def test_a_card_chosen_before_there_was_one_step_is_still_captured_by_a_command():
    old = {"payment_id": "00000000-0000-0000-0000-000000000004", "provider": "sandbox", "token": "tok_4"}
    event = STREAMS.decode("order.payment_chosen/1", json.dumps(old))
    assert event == happened.PaymentChosen(payment_id=UUID(int=4), provider="sandbox", token="tok_4", at_once=False)


def test_an_order_of_today_is_stored_and_read_unchanged(placing):
    event = placing()
    assert STREAMS.decode(event.type, msgspec.json.encode(event)) == event


def test_an_event_that_nobody_knows_is_an_error_not_a_gap():
    with pytest.raises(LookupError, match=r"order\.vanished/1"):
        STREAMS.decode("order.vanished/1", "{}")


def test_every_event_changes_an_order_and_has_its_words():
    assert {*_CHANGES, happened.OrderPlaced} == set(happened.EVENTS)
    names = {event.type.rpartition("/")[0].removeprefix("order.") for event in happened.EVENTS}
    assert names == set(HAPPENINGS)
    assert len({event.type for event in happened.EVENTS}) == len(happened.EVENTS)


def test_a_stream_that_does_not_begin_with_a_placing_is_refused():
    with pytest.raises(ValueError, match="placing"):
        evolve(None, UUID(int=1), happened.StockSold())
