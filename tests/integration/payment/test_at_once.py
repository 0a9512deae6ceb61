"""Authorise and capture as one command, by a provider that does both in one request and by one that cannot."""

import asyncio

import httpx
import pytest

from jangteo.contracts.payment import (
    PaymentActionRequired,
    PaymentCancelled,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
)


def asked_of(gate, one):
    """Return the operations that the processor was asked for."""
    return [key.partition(":")[2] for _, _, key in gate.calls if key.startswith(str(one.payment_id))]


@pytest.mark.parametrize(
    "card",
    [
        *("success", "answered_twice", "webhook_first", "webhook_late", "webhook_forged_first"),
        *("timeout_made", "capture_timeout", "expires_fast"),
    ],
)
async def test_a_good_card_is_charged_once_in_one_request_and_told_of_once(buyer, gate, card):
    one = buyer(at_once=True)
    await one.pay(card)
    assert [(payment["status"], payment["captured_amount"]) for payment in await one.at_processor()] == [
        ("captured", 12_900)
    ]
    assert asked_of(gate, one) == ["authorise"]
    assert one.said() == [PaymentCaptured]


@pytest.mark.parametrize("card", ["success", "timeout_made", "capture_timeout", "webhook_first", "webhook_late"])
async def test_a_provider_that_only_holds_is_asked_to_capture_without_another_command(buyer, gate, card):
    one = buyer(at_once=True)
    gate.in_two_steps.add(str(one.payment_id))
    await one.pay(card)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]
    assert asked_of(gate, one)[0] == "authorise"
    assert set(asked_of(gate, one)) == {"authorise", "capture"}
    assert one.said() == [PaymentCaptured]


async def test_a_refused_card_is_declined(buyer):
    one = buyer(at_once=True)
    await one.authorise("declined")
    assert (await one.until(PaymentDeclined)).reason == "card_declined"


async def test_a_hold_that_cannot_be_captured_fails_and_is_given_back(buyer):
    one = buyer(at_once=True)
    await one.authorise("capture_fails")
    assert (await one.until(PaymentCaptureFailed)).reason == "capture_failed"
    await one.until_at_processor("voided")
    assert one.said() == [PaymentCaptureFailed]


@pytest.mark.parametrize("in_two_steps", [True, False])
async def test_the_money_is_taken_once_its_holder_has_confirmed(buyer, gate, in_two_steps):
    one = buyer(at_once=True)
    if in_two_steps:
        gate.in_two_steps.add(str(one.payment_id))
    await one.authorise("needs_confirmation")
    url = (await one.until(PaymentActionRequired)).url
    async with httpx.AsyncClient() as browser:
        await browser.post(f"{one.processor.url}{httpx.URL(url).path}", data={"decision": "approve"})
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]
    assert one.said() == [PaymentActionRequired, PaymentCaptured]


async def test_a_command_that_comes_five_times_and_then_anew_charges_once(buyer):
    one = buyer(at_once=True)
    command = await one.authorise_command()
    await one.saga.send(command, tenant=one.tenant, copies=5)
    await one.until(PaymentCaptured)
    await one.saga.send(command, tenant=one.tenant)
    await one.until(PaymentCaptured, count=2)
    await one.capture()
    await one.until(PaymentCaptured, count=3)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_cancellation_while_the_provider_is_asked_gives_everything_back(buyer, gate, when):
    one = buyer(at_once=True)
    held = gate.hold("POST", f"{one.payment_id}:authorise", when)
    await one.authorise()
    await asyncio.wait_for(held.arrived.wait(), 20)
    await one.cancel()
    held.release()
    await one.until(PaymentCancelled)
    (payment,) = await one.at_processor()
    assert payment["captured_amount"] - payment["refunded_amount"] == 0
    assert (await one.until(PaymentCancelled)).refunded == payment["captured_amount"]
    assert one.said()[-1] is PaymentCancelled
