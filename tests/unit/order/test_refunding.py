"""Refunds by staff: exact to the won, never more than was paid, asked for once, and each heard of once."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.contracts import payment, product
from jangteo.kit.errors import JangteoError
from jangteo.order.domain import refunding
from jangteo.order.domain.order import evolve
from jangteo.order.domain.reactions import UnexpectedMessage, react
from jangteo.order.domain.refunding import Wanted
from jangteo.order.domain.saga import awaiting, outgoing

ORDER, PAYMENT, STAFF, REFUND = UUID(int=1), UUID(int=12), UUID(int=7), UUID(int=21)
PRICE, FEE, TOTAL = 11_000, 3_000, 25_000


def wanted(amount=None, restock=False, fee=0, **pieces):
    return Wanted(
        pieces={sku.replace("_", "-"): count for sku, count in pieces.items()},
        shipping_fee=fee,
        amount=amount,
        restock=restock,
    )


def after(order, events):
    for event in events:
        order = evolve(order, ORDER, event)
    return order


def ask(order, what, refund_id=REFUND):
    return after(order, refunding.request(order, refund_id, STAFF, what, "sealed"))


def given_back(order, refund_id=REFUND):
    amount = next(refund.amount for refund in order.refunds if refund.refund_id == refund_id)
    names = {"order_id": ORDER, "payment_id": PAYMENT, "refund_id": refund_id, "currency": "KRW"}
    told = payment.PaymentRefunded(**names, amount=amount, refunded_in_all=order.refunded + amount)
    return after(order, react(order, told))


FAILED = payment.PaymentRefundFailed(order_id=ORDER, payment_id=PAYMENT, refund_id=REFUND, reason="refused")
RESTOCKED = product.GoodsRestocked(order_id=ORDER, return_id=REFUND)


@pytest.mark.parametrize("situation", ["paid", "sold", "prepared", "handed_over", "shipped", "delivered"])
def test_a_paid_order_asks_the_payment_for_what_staff_give_back(situations, situation):
    before = situations[situation]
    events = refunding.request(before, REFUND, STAFF, wanted(A_1=1, fee=FEE), "sealed")
    (command,) = outgoing(before, events, after(before, events))
    assert (type(command), command.amount, command.payment_id) == (payment.RefundPayment, PRICE + FEE, PAYMENT)
    assert (command.refund_id, command.requested_by, command.currency) == (REFUND, STAFF, "KRW")


def test_no_other_order_gives_anything_back(situations):
    refused = set()
    for name, order in situations.items():
        try:
            refunding.request(order, REFUND, STAFF, wanted(amount=1), "")
        except refunding.NotRefundable:
            refused.add(name)
    assert {name for name in situations if name not in refused} == {
        *("paid", "sold", "prepared", "handed_over", "reported", "shipped", "shipped_after_refusal", "delivered")
    }


@pytest.mark.parametrize(
    ("what", "error", "field"),
    [
        (wanted(), "order.refund_one_way", "amount"),
        (wanted(amount=1, A_1=1), "order.refund_one_way", "amount"),
        (wanted(amount=1, fee=1), "order.refund_one_way", "amount"),
        (wanted(amount=1, restock=True), "order.refund_restock", "restock"),
        (wanted(fee=1, restock=True), "order.refund_restock", "restock"),
        (wanted(amount=TOTAL + 1), "order.refund_too_large", "amount"),
        (wanted(A_1=3), "order.refund_quantity", "lines[0].quantity"),
        (wanted(A_1=1, B_1=1), "order.refund_line_unknown", "lines[1].sku"),
        (wanted(fee=FEE + 1), "order.refund_fee", "shipping_fee"),
    ],
)
def test_what_cannot_be_given_back_is_told_by_its_field(situations, what, error, field):
    with pytest.raises(JangteoError) as refused:
        refunding.request(situations["shipped"], REFUND, STAFF, what, "")
    assert (refused.value.code, refused.value.field) == (error, field)


def test_what_is_under_way_counts_as_given_and_what_failed_does_not(situations):
    order = ask(situations["delivered"], wanted(A_1=2, fee=FEE))
    for what in (wanted(amount=1), wanted(A_1=1), wanted(fee=1)):
        with pytest.raises(JangteoError):
            refunding.request(order, UUID(int=22), STAFF, what, "")
    order = after(order, react(order, FAILED))
    assert (refunding.refundable(order), refunding.pieces_left(order), refunding.fee_left(order)) == (
        TOTAL,
        {"A-1": 2},
        FEE,
    )


def test_pieces_cannot_be_given_back_for_money_that_is_gone(situations):
    order = given_back(ask(situations["delivered"], wanted(amount=TOTAL - PRICE + 1)))
    with pytest.raises(refunding.RefundTooLarge) as refused:
        refunding.request(order, UUID(int=22), STAFF, wanted(A_1=1), "")
    assert refused.value.field == "lines"


def test_goods_come_back_after_the_money_went_and_once(situations):
    order = ask(situations["delivered"], wanted(A_1=1, restock=True))
    assert [type(command) for command in awaiting(order)] == [payment.RefundPayment]
    order = given_back(order)
    (command,) = awaiting(order)
    assert (type(command), command.return_id) == (product.RestockGoods, REFUND)
    assert [(line.sku, line.quantity) for line in command.lines] == [("A-1", 1)]
    order = after(order, react(order, RESTOCKED))
    assert awaiting(order) == react(order, RESTOCKED) == []


def test_goods_that_nobody_gave_back_contradict(situations):
    with pytest.raises(UnexpectedMessage):
        react(ask(situations["delivered"], wanted(A_1=1)), RESTOCKED)


def test_a_refund_that_failed_and_was_made_after_all_counts(situations):
    order = ask(situations["delivered"], wanted(amount=500))
    order = after(order, react(order, FAILED))
    assert react(order, FAILED) == []
    order = given_back(order)
    assert (order.refunded, order.refunds[0].state, react(order, FAILED)) == (500, "succeeded", [])


def test_everything_given_back_before_the_parcel_left_ends_the_order(situations):
    order = given_back(ask(situations["prepared"], wanted(A_1=2, fee=FEE, restock=True)))
    assert (order.state, order.cancel_reason) == ("cancelling", "payment.refunded")
    # All goods come back with the end of the order, so that none is taken in twice.
    assert product.RestockGoods not in [type(command) for command in awaiting(order)]


@given(
    wishes=st.lists(
        st.one_of(
            st.builds(lambda amount: wanted(amount=amount), st.integers(1, TOTAL)),
            st.builds(lambda count, fee: wanted(fee=fee, A_1=count), st.integers(1, 2), st.integers(0, FEE)),
        ),
        max_size=8,
    ),
    fates=st.lists(st.sampled_from(["open", "given", "failed"]), min_size=8, max_size=8),
)
def test_no_sequence_of_refunds_gives_back_more_than_was_paid(situations, wishes, fates):
    order = situations["delivered"]
    for number, (wish, fate) in enumerate(zip(wishes, fates, strict=False), start=100):
        id, left = UUID(int=number), refunding.refundable(order)
        try:
            order = ask(order, wish, id)
        except JangteoError:
            continue
        assert refunding.refundable(order) == left - order.refunds[-1].amount
        if fate == "given":
            order = given_back(order, id)
        if fate == "failed":
            order = after(order, react(order, FAILED.__class__(**{**_fields(FAILED), "refund_id": id})))
            assert refunding.refundable(order) == left
    counted = [refund for refund in order.refunds if refund.state != "failed"]
    assert sum(refund.amount for refund in counted) + refunding.refundable(order) == TOTAL
    assert min(refunding.pieces_left(order)["A-1"], refunding.fee_left(order)) >= 0


def _fields(message):
    return {name: getattr(message, name) for name in message.__struct_fields__}
