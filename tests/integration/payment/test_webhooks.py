"""Webhooks over the public endpoint: genuine or not, early, late, twice, or about nothing of ours."""

import asyncio
import time

import pytest

from jangteo.contracts.payment import PaymentAuthorised, PaymentCaptured, PaymentDeclined
from jangteo.kit.ids import new_id


async def states(database, one):
    async with database.read(one.tenant) as reader:
        return [row["state"] for row in await reader.fetch("SELECT state FROM payments WHERE id = $1", one.payment_id)]


async def test_a_webhook_that_is_quicker_than_the_answer_is_enough(buyer, gate):
    one = buyer()
    command = await one.authorise_command()
    held = gate.hold("POST", f"{one.payment_id}:authorise", "after")
    await one.saga.send(command, tenant=one.tenant)
    await held.arrived.wait()
    await one.until(PaymentAuthorised)
    held.release()
    await one.capture()
    await one.until(PaymentCaptured)
    assert one.said() == [PaymentAuthorised, PaymentCaptured]


async def test_every_webhook_of_the_processor_is_taken(buyer, http_get):
    one = buyer()
    await one.pay("webhook_forged_first")
    (payment,) = await one.at_processor()
    deliveries = []
    while not deliveries or any(line["state"] == "waiting" for line in deliveries):
        await asyncio.sleep(0.1)
        deliveries = await http_get(f"/v1/webhook-deliveries?subject={payment['id']}")
    assert {(line["state"], line["status"]) for line in deliveries} == {("delivered", 202), ("refused", 401)}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"secret": "another secret"}, 401),
        ({"at": time.time() - 600}, 401),
        ({"at": time.time() + 86_400}, 401),  # of now: this line is read long before the test
        ({"signature": ""}, 401),
        ({"signature": "t=,v1="}, 401),
        ({"signature": "t=１２３,v1=가"}, 401),
        ({"provider": "nobody"}, 404),
    ],
)
async def test_a_webhook_that_is_not_proven_changes_nothing(buyer, hooks, database, fault, status):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    (payment,) = await one.at_processor()
    if "signature" in fault:
        fault = {"signature": fault["signature"].encode()}
    forged = hooks.event("payment.captured", payment, status="captured", captured_amount=12_900)
    assert (await hooks.post(forged, **fault)).status_code == status
    assert await states(database, one) == ["authorised"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"id": 1}', b"\xff", b'{"id":"e","type":"t","data":{"payment":{}}}']
)
async def test_a_body_that_is_no_event_is_refused_even_when_it_is_signed(hooks, body):
    answer = await hooks.post(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook.malformed")


async def test_a_webhook_about_nothing_of_ours_is_taken_and_ignored(buyer, hooks):
    one = buyer()
    await one.pay()
    (payment,) = await one.at_processor()
    for reference in (str(new_id()), "not one of our references"):
        answer = await hooks.post(hooks.event("payment.captured", payment, reference=reference))
        assert (answer.status_code, answer.json()) == (202, {"known": False})


async def test_old_news_twice_and_out_of_order_change_nothing(buyer, hooks, database):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    (early,) = await one.at_processor()
    await one.capture()
    await one.until(PaymentCaptured)
    (late,) = await one.at_processor()
    same = hooks.event("payment.captured", late)
    for body in (hooks.event("payment.authorized", early), same, same, hooks.event("payment.expired", early)):
        assert (await hooks.post(body)).status_code == 202
    assert await states(database, one) == ["captured"]
    assert one.said() == [PaymentAuthorised, PaymentCaptured]


async def test_twenty_equal_webhooks_at_once_book_one_capture(buyer, gate, hooks, database):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    held = gate.hold("POST", f"{one.payment_id}:capture", "before")
    await one.capture()
    await held.arrived.wait()
    (payment,) = await one.at_processor()
    taken = [hooks.event("payment.captured", payment, status="captured", captured_amount=12_900) for _ in range(10)]
    answers = await asyncio.gather(*(hooks.post(body) for body in taken * 2))
    held.release()
    assert {answer.status_code for answer in answers} == {202}
    await one.until(PaymentCaptured)
    async with database.read(one.tenant) as reader:
        booked = await reader.fetch("SELECT amount FROM ledger_movements WHERE payment_id = $1", one.payment_id)
    assert [row["amount"] for row in booked] == [12_900]
    assert one.said() == [PaymentAuthorised, PaymentCaptured]


async def test_a_hold_that_turns_up_after_the_attempt_was_given_up_is_voided(buyer, gate, processor):
    one = buyer()
    command = await one.authorise_command()
    holds = [gate.hold("POST", f"{one.payment_id}:authorise", "before") for _ in range(2)]
    await one.saga.send(command, tenant=one.tenant)
    assert (await one.until(PaymentDeclined)).reason == "provider_timeout"
    for hold in holds:
        hold.release()
    await one.until_at_processor("voided")
    assert one.said() == [PaymentDeclined]
