"""Which commands an order waits for in each situation, and what it tells the world on the way."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jangteo.contracts import payment, product, shipping
from jangteo.kit.errors import Conflict
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.order import evolve
from jangteo.order.domain.requests import (
    MAX_ATTEMPTS,
    HandedOver,
    NotAwaitingPayment,
    NotCancellable,
    PaymentInProgress,
    PaymentWindowOver,
    TooManyAttempts,
    cancel,
    choose_payment,
    expire,
)
from jangteo.order.domain.saga import awaiting, outgoing

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORDER = UUID(int=1)

AWAITED = {
    "placed": [product.ReserveStock],
    "reserved": [],
    "asked": [payment.AuthorisePayment],
    "confirming": [],
    "declined": [],
    "authorised": [payment.CapturePayment],
    "paid": [product.CommitStock],
    "sold": [shipping.CreateShipment],
    "prepared": [],
    "handed_over": [],
    "reported": [],
    "shipped": [],
    "shipped_after_refusal": [],
    "delivered": [],
    "rejected": [],
    "cancelling_unasked": [product.ReleaseStock],
    "cancelling_asked": [payment.CancelPayment, product.ReleaseStock],
    "cancelling_paid": [payment.CancelPayment, product.ReleaseStock],
    "cancelling_sold": [shipping.CancelShipment],
    "cancelling_stopped": [payment.CancelPayment, product.ReleaseStock],
    "cancelling_money_back": [product.ReleaseStock],
    "cancelling_stock_back": [payment.CancelPayment],
    "cancelled": [],
}


def test_each_situation_waits_for_its_commands(situations):
    assert {name: [type(command) for command in awaiting(order)] for name, order in situations.items()} == AWAITED


def test_a_command_that_is_awaited_already_is_not_sent_twice(situations):
    before = situations["cancelling_stopped"]
    event = happened.StockReturned()
    assert outgoing(before, [event], evolve(before, ORDER, event)) == []


def test_a_card_chosen_before_the_stock_is_held_is_asked_for_after_it(situations, build):
    chosen = happened.PaymentChosen(payment_id=UUID(int=5), provider="sandbox", token="tok_5")
    before = build(chosen)
    held = happened.StockHeld(expires_at=NOW)
    (command,) = outgoing(before, [held], evolve(before, ORDER, held))
    assert isinstance(command, payment.AuthorisePayment)
    assert (command.payment_id, command.amount, command.method_token) == (UUID(int=5), 25_000, "tok_5")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_money_is_asked_for_in_one_step_or_in_two_as_was_chosen(build, at_once):
    chosen = happened.PaymentChosen(payment_id=UUID(int=5), provider="sandbox", token="tok_5", at_once=at_once)
    (command,) = awaiting(build(happened.StockHeld(expires_at=NOW), chosen))
    assert (type(command), command.capture) == (payment.AuthorisePayment, at_once)


def test_money_that_is_held_is_captured_whatever_was_chosen(build):
    events = [
        happened.StockHeld(expires_at=NOW),
        happened.PaymentChosen(payment_id=UUID(int=5), provider="sandbox", token="tok_5", at_once=True),
        happened.PaymentAuthorised(payment_id=UUID(int=5)),
    ]
    assert awaiting(build(*events)) == [payment.CapturePayment(order_id=ORDER, payment_id=UUID(int=5))]


def test_the_stock_is_held_longer_than_the_buyer_may_take(situations):
    (command,) = awaiting(situations["placed"])
    assert command.expires_at == situations["placed"].placed.pay_until + timedelta(seconds=300)


def test_a_refund_of_an_order_that_is_given_up_is_told_with_its_end_only(situations):
    refund = happened.Refunded(refund_id=UUID(int=9), amount=25_000, refunded_in_all=25_000)
    events = [refund, happened.CancellationStarted(reason=Reason.FULLY_REFUNDED)]
    order = situations["paid"]
    for event in events:
        order = evolve(order, ORDER, event)
    types = [message.type for message in outgoing(situations["paid"], events, order)]
    assert types == ["payment.cancel.v1", "product.release_stock.v1"]


CANCELLABLE = {"placed", "reserved", "asked", "confirming", "declined", "authorised", "paid", "sold", "prepared"}


def test_an_order_can_be_cancelled_until_the_carrier_has_it(situations):
    refused = {}
    for name, order in situations.items():
        try:
            cancel(order, Reason.BUYER, "")
        except Conflict as error:
            refused[name] = type(error)
    assert set(situations) - set(refused) == CANCELLABLE | {"reported"}
    assert refused.pop("handed_over") is HandedOver
    assert set(refused.values()) == {NotCancellable}


PAYABLE = {
    "placed": None,
    "reserved": None,
    "declined": None,
    "asked": PaymentInProgress,
    "confirming": PaymentInProgress,
}


def test_another_card_can_be_tried_only_while_none_is_undecided(situations):
    for name, order in situations.items():
        expected = PAYABLE.get(name, NotAwaitingPayment)
        if expected is None:
            (event,) = choose_payment(order, UUID(int=7), "sandbox", "tok", NOW)
            assert event.payment_id == UUID(int=7)
        else:
            with pytest.raises(expected):
                choose_payment(order, UUID(int=7), "sandbox", "tok", NOW)


def test_nothing_can_be_paid_once_the_window_is_over(situations):
    order = situations["declined"]
    with pytest.raises(PaymentWindowOver):
        choose_payment(order, UUID(int=7), "sandbox", "tok", order.placed.pay_until)


def test_cards_cannot_be_tried_without_end(build):
    tried = []
    for number in range(MAX_ATTEMPTS):
        id = UUID(int=100 + number)
        tried += [
            happened.PaymentChosen(payment_id=id, provider="sandbox", token="t"),
            happened.PaymentDeclined(payment_id=id, reason="card_declined"),
        ]
    with pytest.raises(TooManyAttempts):
        choose_payment(build(happened.StockHeld(expires_at=NOW), *tried), UUID(int=7), "sandbox", "tok", NOW)


def test_only_an_unpaid_order_expires_and_not_before_its_time(situations):
    due = situations["placed"].placed.pay_until
    expired = {name for name, order in situations.items() if expire(order, due)}
    assert expired == {"placed", "reserved", "asked", "confirming", "declined"}
    assert not any(expire(order, due - timedelta(seconds=1)) for order in situations.values())


def test_a_refused_cancellation_leaves_no_trace_but_the_refusal(situations):
    order = situations["handed_over"]
    assert (order.state, order.cancel_refused, order.cancel_reason) == ("paid", True, "")
