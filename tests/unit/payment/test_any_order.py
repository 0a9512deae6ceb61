"""A payment lived through in every order: answers lost, webhooks late and twice, cancelled at any moment.

At the end the provider's books and ours agree, whatever happened in between.
"""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from both_books import AMOUNT, Shop
from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.contracts import payment as contract
from jangteo.payment.domain import observing, refunding, steps
from jangteo.payment.domain.attempt import SeenStatus
from jangteo.payment.states import CLEAR, MOVES, TAKING, State

BEGINNINGS = ([], ["operate"], ["operate", "capture", "operate"], ["operate", "capture", "operate", "give_back"])
STEPS = (
    "operate",
    "operate",
    "webhook",
    "sweep",
    "capture",
    "cancel",
    "give_back",
    "arrive",
    "lapse",
    "approve",
    "decline",
)
CARDS = [SeenStatus.HELD, SeenStatus.WAITING, SeenStatus.DECLINED]
WAYS = {
    "two commands": {},
    "one command, one request": {"at_once": True, "in_one_step": True},
    "one command, two requests": {"at_once": True},
}


stories = st.builds(list.__add__, st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(STEPS), max_size=25))


def live(shop, story):
    for step in story:
        if step in ("approve", "decline"):
            shop.processor.decide(SeenStatus.HELD if step == "approve" else SeenStatus.DECLINED)
        elif step in ("lapse", "arrive"):
            getattr(shop.processor, step)()
        else:
            getattr(shop, step)()
        shop.check()


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(CARDS), stories)
@pytest.mark.parametrize("way", WAYS)
def test_after_a_cancellation_nothing_is_held_or_kept_in_either_set_of_books(way, data, card, story):
    shop = Shop(data.draw, card, **WAYS[way])
    live(shop, story)
    shop.cancel()
    shop.settle()
    assert shop.attempt.is_clear
    assert shop.attempt.state in CLEAR
    assert shop.processor.status not in (SeenStatus.HELD, SeenStatus.WAITING)
    assert shop.processor.captured == sum(shop.processor.refunds.values()) == shop.attempt.refunded


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(CARDS), stories)
@pytest.mark.parametrize("way", WAYS)
def test_both_sets_of_books_agree_in_the_end_and_nothing_is_told_twice(way, data, card, story):
    shop = Shop(data.draw, card, **WAYS[way])
    live(shop, story)
    shop.processor.decide(SeenStatus.HELD)
    shop.settle()
    assert shop.attempt.captured == shop.processor.captured
    assert shop.attempt.refunded == sum(shop.processor.refunds.values())
    assert shop.attempt.refunding == 0
    told = Counter(type(message) for message in shop.said)
    for kind in (contract.PaymentAuthorised, contract.PaymentCaptured, contract.PaymentDeclined):
        assert told[kind] <= 1
    if WAYS[way]:
        assert told[contract.PaymentAuthorised] == 0
    parts = [message.amount for message in shop.said if isinstance(message, contract.PaymentRefunded)]
    by_staff = [refund.amount for refund in shop.refunds.values() if not refund.compulsory]
    assert sorted(parts) == sorted(by_staff)


@given(st.data(), st.lists(st.integers(1, AMOUNT), max_size=12))
def test_any_parts_of_a_payment_sum_to_what_was_paid_to_the_won(data, parts):
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    shop.operate()
    for part in [*parts, AMOUNT]:
        amount = min(part, shop.attempt.refundable)
        if amount:
            shop.take(refunding.request(shop.attempt, uuid4(), amount, "part", uuid4(), shop.at()))
            shop.operate()
            shop.check()
    assert (shop.attempt.state, shop.attempt.refunded) == (State.REFUNDED, AMOUNT)
    told = [message for message in shop.said if isinstance(message, contract.PaymentRefunded)]
    assert sum(message.amount for message in told) == AMOUNT
    assert told[-1].refunded_in_all == AMOUNT


@pytest.mark.parametrize("status", SeenStatus)
@pytest.mark.parametrize("state", State)
def test_the_same_view_a_second_time_is_no_news(state, status):
    shop = Shop(None, SeenStatus.HELD)
    taken = AMOUNT if state in (State.CAPTURED, State.REFUNDED) else 0
    before = msgspec.structs.replace(
        shop.attempt, state=state, captured=taken, refunded=taken if state is State.REFUNDED else 0
    )
    shop.processor.status = status
    shop.processor.captured = AMOUNT if status is SeenStatus.TAKEN else 0
    seen = shop.processor.view()
    first = observing.observe(before, seen, shop.at())
    if first is not None:
        assert observing.observe(first.attempt, seen, shop.at()) is None


@pytest.mark.parametrize("status", SeenStatus)
@pytest.mark.parametrize("state", [state for state in State if state is not State.DECLINED])
def test_what_is_old_news_stays_old_news_in_every_later_state(state, status):
    shop = Shop(None, SeenStatus.HELD)
    shop.processor.status = status
    shop.processor.captured = AMOUNT if status is SeenStatus.TAKEN else 0
    seen = shop.processor.view()

    def is_old(state):
        taken = AMOUNT if state in (State.CAPTURED, State.REFUNDED) else 0
        known = msgspec.structs.replace(shop.attempt, state=state, captured=taken, provider_id="pay_1")
        return observing.observe(known, seen, shop.at()) is None

    held_before = state in (State.AUTHORISED, *TAKING)
    if is_old(state) and not (held_before and status is SeenStatus.DECLINED):  # which no provider can show then
        assert all(is_old(after) for (before, _), after in MOVES.items() if before is state)


@pytest.mark.parametrize(
    "lie", [{"amount": 1}, {"currency": "USD"}, {"reference": "another"}, {"provider_id": "pay_2"}]
)
def test_a_view_of_another_payment_never_captures(lie):
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    seen = msgspec.structs.replace(shop.processor.capture(), **lie)
    assert observing.observe(shop.attempt, seen, shop.at()) is None


@pytest.mark.parametrize("in_one_step", [True, False])
def test_money_that_is_to_be_captured_at_once_is_told_of_once_and_as_captured(in_one_step):
    shop = Shop(lambda _: "answered", SeenStatus.HELD, at_once=True, in_one_step=in_one_step)
    for _ in range(2):
        shop.operate()
    assert (shop.attempt.state, shop.processor.captured, shop.asking) == (State.CAPTURED, AMOUNT, [])
    assert [type(message) for message in shop.said] == [contract.PaymentCaptured]


def test_a_capture_at_once_that_is_late_news_of_a_cancelled_order_is_given_back():
    shop = Shop(lambda _: "late", SeenStatus.HELD, at_once=True, in_one_step=True)
    shop.operate()
    shop.cancel()
    shop.processor.arrive()
    shop.draw = lambda _: "answered"
    shop.sweep()
    assert (shop.attempt.state, shop.attempt.refunding) == (State.CAPTURED, AMOUNT)
    shop.operate()
    assert (shop.attempt.state, shop.said) == (State.REFUNDED, [])


def test_money_taken_for_an_attempt_that_was_given_up_is_given_back():
    shop = Shop(lambda _: "crashed_late", SeenStatus.HELD, at_once=True, in_one_step=True)
    shop.operate()
    shop.draw = lambda _: "lost_before"
    for _ in range(3):
        shop.sweep()
        shop.asking.clear()
    assert (shop.attempt.state, shop.attempt.reason) == (State.DECLINED, "provider_timeout")
    shop.processor.arrive()
    shop.take(observing.observe(shop.attempt, shop.processor.shown[-1], shop.at()))
    shop.draw = lambda _: "answered"
    shop.operate()
    shop.check()
    assert (shop.attempt.state, shop.attempt.refunded) == (State.REFUNDED, AMOUNT)


@pytest.mark.parametrize("amount", [AMOUNT - 1, AMOUNT + 1])
def test_another_amount_that_was_taken_at_once_is_booked_as_it_is_and_given_back(amount):
    shop = Shop(lambda _: "answered", SeenStatus.HELD, at_once=True, in_one_step=True)
    seen = msgspec.structs.replace(shop.processor.authorise(), amount=amount, captured=amount)
    shop.take(observing.observe(shop.attempt, seen, shop.at()))
    assert (shop.attempt.captured, shop.attempt.unwanted, shop.attempt.refunding) == (amount, True, amount)
    assert [type(message) for message in shop.said] == [contract.PaymentDeclined]


def test_a_void_that_comes_too_late_finds_the_money_taken_and_gives_it_back():
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    shop.draw = lambda _: "late"
    shop.operate()
    shop.cancel()
    shop.sweep()
    assert shop.attempt.state is State.VOIDING, "a capture that is not wanted any more is not asked for again"
    shop.processor.arrive()
    shop.draw = lambda _: "answered"
    shop.operate()
    assert (shop.attempt.state, shop.attempt.refunding) == (State.CAPTURED, AMOUNT)
    shop.operate()
    assert (shop.attempt.state, shop.processor.refunds) == (State.REFUNDED, {next(iter(shop.refunds)): AMOUNT})


def test_a_capture_of_another_amount_is_booked_as_it_is_and_given_back():
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    seen = msgspec.structs.replace(shop.processor.capture(), captured=AMOUNT - 1)
    shop.take(observing.observe(shop.attempt, seen, shop.at()))
    assert (shop.attempt.captured, shop.attempt.unwanted, shop.attempt.refunding) == (AMOUNT - 1, True, AMOUNT - 1)
    assert isinstance(shop.said[-1], contract.PaymentCaptureFailed)


def test_an_attempt_that_never_reached_its_provider_is_given_up_after_a_while():
    shop = Shop(None, SeenStatus.HELD)
    shop.take(steps.after_not_reached(shop.attempt, shop.at()))
    assert (shop.attempt.state, shop.attempt.asked) == (State.AUTHORISING, 0)
    shop.now += timedelta(seconds=61)
    shop.take(steps.ask_first_time(shop.attempt, shop.at()))
    assert shop.attempt.asked == 1
    shop.take(steps.after_not_reached(shop.attempt, shop.at()))
    assert (shop.attempt.state, shop.attempt.reason) == (State.DECLINED, "provider_unavailable")


def test_an_attempt_that_may_have_reached_its_provider_is_not_given_up_while_that_is_silent():
    shop = Shop(None, SeenStatus.HELD)
    shop.take(steps.lose_track(shop.attempt, shop.at()))
    for _ in range(50):
        shop.now += timedelta(seconds=60)
        shop.take(steps.postpone(shop.attempt, shop.at()))
    assert shop.attempt.state is State.AUTHORISATION_UNKNOWN
    assert shop.said == []


@pytest.mark.parametrize(
    ("state", "unwanted", "objection"),
    [
        (State.AUTHORISING, False, ""),
        (State.AUTHORISATION_UNKNOWN, False, ""),
        (State.ACTION_REQUIRED, False, ""),
        (State.AUTHORISED, False, "already_authorised"),
        (State.CAPTURING, False, "already_authorised"),
        (State.CAPTURED, False, "already_paid"),
        (State.CAPTURED, True, ""),
        (State.DECLINED, False, ""),
        (State.VOIDED, True, ""),
        (State.REFUNDED, False, ""),
    ],
)
def test_a_second_attempt_is_admitted_unless_the_first_holds_or_took_money(state, unwanted, objection):
    shop = Shop(None, SeenStatus.HELD)
    assert steps.admit([msgspec.structs.replace(shop.attempt, state=state, unwanted=unwanted)]) == objection
