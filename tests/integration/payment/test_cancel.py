"""Cancelling an order's payments at every point of their life: money goes back, nothing is taken later, told once."""

import asyncio
import random

import pytest

from jangteo.contracts.payment import (
    PaymentActionRequired,
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
)
from jangteo.kit.ids import new_id


def kept(payments):
    """Return what the processor holds or keeps of these payments."""
    held = [payment for payment in payments if payment["status"] in ("authorized", "requires_confirmation")]
    return len(held) + sum(payment["captured_amount"] - payment["refunded_amount"] for payment in payments)


async def test_a_cancellation_before_any_attempt_refuses_the_one_that_comes_later(buyer):
    one = buyer()
    await one.cancel()
    cancelled = await one.until(PaymentCancelled)
    assert (cancelled.refunded, cancelled.currency) == (0, "KRW")
    await one.authorise()
    assert (await one.until(PaymentDeclined)).reason == "order_cancelled"
    assert await one.at_processor() == []


async def test_what_is_held_is_voided(buyer):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    await one.cancel()
    assert (await one.until(PaymentCancelled)).refunded == 0
    assert [payment["status"] for payment in await one.at_processor()] == ["voided"]


async def test_what_was_taken_is_refunded(buyer):
    one = buyer()
    await one.pay()
    await one.cancel()
    assert (await one.until(PaymentCancelled)).refunded == 12_900
    assert [payment["status"] for payment in await one.at_processor()] == ["refunded"]
    assert PaymentRefunded not in one.said()


async def test_a_confirmation_that_nobody_gave_is_voided(buyer):
    one = buyer()
    await one.authorise("needs_confirmation")
    await one.until(PaymentActionRequired)
    await one.cancel()
    await one.until(PaymentCancelled)
    assert [payment["status"] for payment in await one.at_processor()] == ["voided"]


async def test_after_a_decline_there_is_nothing_to_give_back(buyer):
    one = buyer()
    await one.authorise("declined")
    await one.until(PaymentDeclined)
    await one.cancel()
    assert (await one.until(PaymentCancelled)).refunded == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_authorisation_under_way_is_waited_for_then_voided(buyer, gate, when):
    one = buyer()
    command = await one.authorise_command()
    held = gate.hold("POST", f"{one.payment_id}:authorise", when)
    await one.saga.send(command, tenant=one.tenant)
    await held.arrived.wait()
    await one.cancel()
    held.release()
    await one.until(PaymentCancelled)
    assert kept(await one.at_processor()) == 0
    assert one.said()[-1] is PaymentCancelled


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_capture_under_way_is_waited_for_then_given_back(buyer, gate, when):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    held = gate.hold("POST", f"{one.payment_id}:capture", when)
    await one.capture()
    await held.arrived.wait()
    await one.cancel()
    held.release()
    cancelled = await one.until(PaymentCancelled)
    (payment,) = await one.at_processor()
    assert (payment["status"], cancelled.refunded) in (("refunded", 12_900), ("voided", 0))


@pytest.mark.parametrize("card", ["timeout_made", "timeout_not_made"])
async def test_an_attempt_of_unknown_fate_is_resolved_first(buyer, card):
    one = buyer()
    await one.authorise(card)
    await one.cancel()
    await one.until(PaymentCancelled)
    assert kept(await one.at_processor()) == 0
    assert one.said() == [PaymentCancelled]


async def test_a_capture_of_unknown_fate_is_resolved_first(buyer):
    one = buyer()
    await one.authorise("capture_timeout")
    await one.until(PaymentAuthorised)
    await one.capture()
    await one.cancel()
    await one.until(PaymentCancelled)
    assert kept(await one.at_processor()) == 0


async def test_a_capture_after_the_cancellation_is_refused(buyer):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    await one.cancel()
    await one.capture()
    assert (await one.until(PaymentCaptureFailed)).reason == "order_cancelled"
    await one.until(PaymentCancelled)
    assert kept(await one.at_processor()) == 0


async def test_several_attempts_are_all_given_back_and_told_together(buyer):
    one = buyer()
    await one.authorise("declined")
    await one.until(PaymentDeclined)
    one.payment_id = new_id()
    await one.pay()
    await one.cancel()
    assert (await one.until(PaymentCancelled)).refunded == 12_900


async def test_a_repeated_cancellation_is_told_again_and_gives_nothing_back_twice(buyer):
    one = buyer()
    await one.pay()
    await one.cancel()
    first = await one.until(PaymentCancelled)
    await one.cancel()
    assert await one.until(PaymentCancelled, count=2) == first
    (payment,) = await one.at_processor()
    assert payment["refunded_amount"] == 12_900


async def test_an_order_without_attempts_is_known_to_be_cancelled_after_repeats(buyer):
    one = buyer()
    await one.cancel()
    await one.cancel()
    await one.until(PaymentCancelled, count=2)


async def test_cancellations_racing_every_step_leave_no_money_anywhere(buyer):
    dice = random.Random(4)

    async def race():
        one = buyer()
        command = await one.authorise_command(dice.choice(["success", "webhook_first", "answered_twice"]))

        async def purchase():
            await one.saga.send(command, tenant=one.tenant)
            if isinstance(await one.until(PaymentAuthorised, PaymentDeclined, PaymentCancelled), PaymentAuthorised):
                await one.capture()

        async def cancellation():
            await asyncio.sleep(dice.random() * 0.25)
            await one.cancel()

        await asyncio.gather(purchase(), cancellation())
        cancelled = await one.until(PaymentCancelled)
        payments = await one.at_processor()
        assert kept(payments) == 0
        assert cancelled.refunded == sum(payment["refunded_amount"] for payment in payments)
        assert one.said().count(PaymentCancelled) == 1
        assert one.said().count(PaymentCaptured) <= 1

    for _ in range(8):
        await asyncio.gather(*(race() for _ in range(8)))


async def test_a_refund_that_the_issuer_refuses_is_tried_again_and_the_order_waits(buyer, database):
    one = buyer()
    await one.pay("refund_fails")
    await one.cancel()
    rounds = 0
    while rounds < 3:
        await asyncio.sleep(0.1)
        async with database.read(one.tenant) as reader:
            refund = await reader.fetchrow("SELECT * FROM refunds WHERE payment_id = $1", one.payment_id)
        rounds = refund["round"] if refund else 0
    assert (refund["state"], refund["failure"]) == ("requested", "refund_failed")
    assert PaymentCancelled not in one.said()
