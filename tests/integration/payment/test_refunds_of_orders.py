"""Refunds that the order asks for: once for each id, the same answer for ever, never more than was paid."""

import asyncio

from jangteo.contracts.payment import PaymentCancelled, PaymentRefunded, PaymentRefundFailed
from jangteo.kit.ids import new_id


def of(one, *kinds):
    return [message for message in one.saga.said(one.order_id) if isinstance(message, kinds)]


async def test_a_refund_is_made_once_however_often_it_is_asked_for(buyer):
    one = buyer(amount=10_000)
    await one.pay()
    id = await one.refund(3_333, copies=3)
    told = await one.until(PaymentRefunded)
    assert (told.refund_id, told.amount, told.refunded_in_all) == (id, 3_333, 3_333)
    await one.refund(3_333, refund_id=id)
    again = await one.until(PaymentRefunded, count=2)
    assert (again.refund_id, again.refunded_in_all) == (id, 3_333)
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [3_333]


async def test_parallel_refunds_never_exceed_what_was_paid_and_a_refusal_stays_one(buyer):
    one = buyer(amount=10_000)
    await one.pay()
    ids = await asyncio.gather(*(one.refund(4_000) for _ in range(4)))
    await one.until(PaymentRefunded, PaymentRefundFailed, count=4)
    refused = {message.refund_id for message in of(one, PaymentRefundFailed)}
    assert {message.reason for message in of(one, PaymentRefundFailed)} == {"payment.refund_too_large"}
    assert (len(refused), len(of(one, PaymentRefunded)), refused < set(ids)) == (2, 2, True)
    # It would fit if it were less; the same id is not looked at anew.
    first = min(refused)
    await one.refund(1, refund_id=first)
    assert (await one.until(PaymentRefundFailed, count=3)).refund_id == first
    await one.refund(2_000)
    assert (await one.until(PaymentRefunded, count=3)).refunded_in_all == 10_000
    await one.until_at_processor("refunded")


async def test_a_refund_that_the_provider_refuses_is_told_as_failed(buyer):
    one = buyer(amount=10_000)
    await one.pay("refund_fails")
    id = await one.refund(1_000)
    told = await one.until(PaymentRefundFailed)
    assert (told.refund_id, bool(told.reason)) == (id, True)


async def test_a_refund_after_the_cancellation_is_refused_and_all_money_goes_back_once(buyer):
    one = buyer(amount=10_000)
    await one.pay()
    await one.cancel()
    await one.refund(1_000)
    cancelled = await one.until(PaymentCancelled)
    told = await one.until(PaymentRefundFailed)
    assert (cancelled.refunded, told.reason) in (
        (10_000, "payment.being_cancelled"),
        (10_000, "payment.illegal_move"),
    )


async def test_nothing_is_given_back_of_a_payment_that_is_not_the_orders(buyer):
    one, other = buyer(), buyer()
    await other.pay()
    one.payment_id = other.payment_id
    id = await one.refund(100)
    assert (await one.until(PaymentRefundFailed)).refund_id == id
    assert of(other, PaymentRefunded) == []
    assert new_id() != id
