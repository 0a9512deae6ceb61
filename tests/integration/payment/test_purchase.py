"""Authorise and capture through the bus, with every card that the processor knows."""

import itertools
import json

import httpx
import pytest

from jangteo.contracts.payment import (
    PaymentActionRequired,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
)
from jangteo.kit.ids import new_id


def charged(payment):
    return payment["captured_amount"] - payment["refunded_amount"]


@pytest.mark.parametrize(
    "card", ["success", "answered_twice", "webhook_first", "webhook_late", "webhook_forged_first", "capture_timeout"]
)
async def test_a_good_card_is_authorised_then_captured_and_charged_once(buyer, card):
    one = buyer()
    await one.pay(card)
    (payment,) = await one.at_processor()
    assert (payment["status"], charged(payment)) == ("captured", 12_900)
    assert one.said() == [PaymentAuthorised, PaymentCaptured]


@pytest.mark.parametrize(
    ("card", "reason"), [("declined", "card_declined"), ("insufficient_funds", "insufficient_funds")]
)
async def test_a_refused_card_is_declined_with_the_providers_reason(buyer, card, reason):
    one = buyer()
    await one.authorise(card)
    assert (await one.until(PaymentDeclined)).reason == reason


async def test_a_payment_made_behind_a_time_out_is_found_by_query_and_not_asked_for_again(buyer, gate):
    one = buyer()
    await one.authorise("timeout_made")
    await one.until(PaymentAuthorised)
    assert len([call for call in gate.calls if call[2] == f"{one.payment_id}:authorise"]) == 1
    assert any(str(one.payment_id) in path for method, path, _ in gate.calls if method == "GET")
    await one.capture()
    await one.until(PaymentCaptured)
    assert [charged(payment) for payment in await one.at_processor()] == [12_900]


async def test_a_payment_not_made_behind_a_time_out_is_asked_for_again_then_declined(buyer, gate):
    one = buyer()
    await one.authorise("timeout_not_made")
    assert (await one.until(PaymentDeclined)).reason == "provider_timeout"
    asked = [method for method, path, key in gate.calls if str(one.payment_id) in path + key]
    assert asked[0] == "POST"
    assert all(before == "GET" for before, call in itertools.pairwise(asked) if call == "POST")
    assert await one.at_processor() == []


@pytest.mark.parametrize("decision", ["approve", "decline"])
async def test_a_card_that_needs_confirmation_waits_for_its_holder(buyer, decision):
    one = buyer()
    await one.authorise("needs_confirmation")
    url = (await one.until(PaymentActionRequired)).url
    async with httpx.AsyncClient() as browser:
        # The page's address is the processor's own as its browser setting has it.
        await browser.post(f"{one.processor.url}{httpx.URL(url).path}", data={"decision": decision})
    outcome = await one.until(PaymentAuthorised, PaymentDeclined)
    if decision == "approve":
        assert isinstance(outcome, PaymentAuthorised)
    else:
        assert outcome.reason == "confirmation_declined"


async def test_a_capture_that_the_issuer_refuses_fails_and_the_hold_is_given_back(buyer):
    one = buyer()
    await one.authorise("capture_fails")
    await one.until(PaymentAuthorised)
    await one.capture()
    assert (await one.until(PaymentCaptureFailed)).reason == "capture_failed"
    await one.until_at_processor("voided")


async def test_an_authorisation_that_runs_out_is_told_and_can_be_captured_no_more(buyer):
    one = buyer()
    await one.authorise("expires_fast")
    await one.until(PaymentAuthorised)
    assert (await one.until(PaymentDeclined)).reason == "authorisation_expired"
    await one.capture()
    assert (await one.until(PaymentCaptureFailed)).reason == "authorisation_expired"


async def test_a_command_that_comes_five_times_takes_effect_once(buyer):
    one = buyer()
    await one.saga.send(await one.authorise_command(), tenant=one.tenant, copies=5)
    await one.until(PaymentAuthorised)
    await one.capture()
    await one.until(PaymentCaptured)
    assert one.said() == [PaymentAuthorised, PaymentCaptured]
    assert len(await one.at_processor()) == 1


async def test_a_command_sent_anew_is_answered_anew_without_another_charge(buyer):
    one = buyer()
    await one.pay()
    await one.capture()
    await one.until(PaymentCaptured, count=2)
    await one.authorise()
    await one.until(PaymentCaptured, count=3)
    assert [charged(payment) for payment in await one.at_processor()] == [12_900]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"provider": "nobody"}, "provider_unknown"),
        ({"amount": 0}, "amount_invalid"),
        ({"currency": "XYZ"}, "amount_invalid"),
        ({"method_token": "4242 4242 4242 4242"}, "card_number_refused"),
        ({"method_token": "tok_nobody_made"}, "token_unknown"),
    ],
)
async def test_what_cannot_be_paid_is_declined_with_a_reason(buyer, changed, reason):
    one = buyer()
    await one.authorise(**changed)
    assert (await one.until(PaymentDeclined)).reason == reason


async def test_a_card_number_in_the_place_of_a_token_is_kept_nowhere(buyer, database, payment):
    one = buyer()
    await one.authorise(method_token="4242424242424242")
    await one.until(PaymentDeclined)
    async with database.read(one.tenant) as reader:
        row = await reader.fetchrow("SELECT * FROM payments WHERE id = $1", one.payment_id)
    assert row["method_token"] is None
    assert "4242424242424242" not in str(dict(row))
    assert "4242424242424242" not in payment.log()


async def test_the_token_is_forgotten_once_it_has_done_its_work(buyer, database):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    async with database.read(one.tenant) as reader:
        assert await reader.fetchval("SELECT method_token FROM payments WHERE id = $1", one.payment_id) is None


async def test_another_attempt_after_a_decline_pays_the_order(buyer):
    one = buyer()
    await one.authorise("declined")
    await one.until(PaymentDeclined)
    one.payment_id = new_id()
    await one.pay()


async def test_an_order_that_is_paid_takes_no_second_attempt(buyer):
    one = buyer()
    await one.pay()
    first, one.payment_id = one.payment_id, new_id()
    await one.authorise()
    assert (await one.until(PaymentDeclined)).reason == "already_paid"
    assert await one.at_processor() == []
    assert [charged(payment) for payment in await one.at_processor(first)] == [12_900]


async def test_an_attempt_left_waiting_for_its_buyer_gives_way_to_the_next(buyer):
    one = buyer()
    await one.authorise("needs_confirmation")
    await one.until(PaymentActionRequired)
    first, one.payment_id = one.payment_id, new_id()
    await one.pay()
    one.payment_id = first
    await one.until_at_processor("voided")
    assert PaymentDeclined not in one.said()


@pytest.mark.parametrize("field", ["amount", "currency", "reference"])
async def test_an_answer_that_is_not_what_was_asked_for_is_not_taken(buyer, gate, field):
    one = buyer()
    lies = {"amount": 13_000, "currency": "JPY", "reference": str(new_id())}

    def lie(content):
        answer = json.loads(content)
        found = answer.get("data", [answer])
        for payment in found:
            if payment.get("status") == "authorized":
                payment[field] = lies[field]
        return json.dumps(answer).encode()

    gate.lie = lie
    try:
        await one.authorise("webhook_late")
        if field == "reference":
            await one.until(PaymentAuthorised)  # by the late webhook, which tells the truth
            return
        assert (await one.until(PaymentDeclined)).reason == "provider_mismatch"
        await one.until_at_processor("voided")
    finally:
        gate.lie = None
