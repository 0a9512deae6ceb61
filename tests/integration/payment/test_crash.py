"""The payment process is killed at every point of a purchase, a cancellation and a refund, and started again."""

import asyncio
import random

import pytest

from jangteo.contracts.payment import (
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
)


@pytest.fixture
def killed(payment):
    """Kills the payment service as a power cut would, and starts it again."""

    async def kill_and_start(held=None):
        payment.kill()
        if held is not None:
            held.release()
        await asyncio.to_thread(payment.start)

    return kill_and_start


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_provider_is_asked_to_authorise(buyer, gate, killed, when):
    one = buyer()
    command = await one.authorise_command()
    held = gate.hold("POST", "^/v1/payments$", when)
    await one.saga.send(command, tenant=one.tenant)
    await held.arrived.wait()
    await killed(held)
    await one.until(PaymentAuthorised)
    await one.capture()
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_provider_is_asked_to_capture(buyer, gate, killed, when):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    held = gate.hold("POST", "/capture$", when)
    await one.capture()
    await held.arrived.wait()
    await killed(held)
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_provider_is_asked_to_void(buyer, gate, killed, when):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    held = gate.hold("POST", "/void$", when)
    await one.cancel()
    await held.arrived.wait()
    await killed(held)
    assert (await one.until(PaymentCancelled)).refunded == 0
    assert [payment["status"] for payment in await one.at_processor()] == ["voided"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_provider_is_asked_to_give_back_a_cancelled_order(buyer, gate, killed, when):
    one = buyer()
    await one.pay()
    held = gate.hold("POST", "/refunds$", when)
    await one.cancel()
    await held.arrived.wait()
    await killed(held)
    assert (await one.until(PaymentCancelled)).refunded == 12_900
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [12_900]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_provider_is_asked_for_a_refund_of_staff(buyer, gate, killed, person, when):
    one, staff = buyer(), person("payments.refund")
    await one.pay()
    held = gate.hold("POST", "/refunds$", when)
    body = {"amount": 900, "reason": "scratched"}
    answer = await staff.post(f"/v1/payments/{one.payment_id}/refunds", body, key="once")
    assert answer.status_code == 202, answer.text
    await held.arrived.wait()
    await killed(held)
    assert (await one.until(PaymentRefunded)).refunded_in_all == 900
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [900]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_an_unknown_outcome_is_queried(buyer, gate, killed, when):
    one = buyer()
    command = await one.authorise_command("timeout_made")
    held = gate.hold("GET", f"reference={one.payment_id}", when)
    await one.saga.send(command, tenant=one.tenant)
    await held.arrived.wait()
    await killed(held)
    await one.until(PaymentAuthorised)
    assert len(await one.at_processor()) == 1


async def test_killed_at_any_moment_under_load_every_order_is_charged_once_or_not_at_all(buyer, killed):
    dice = random.Random(7)
    done = asyncio.Event()

    async def purchase():
        one = buyer()
        card = dice.choice(["success", "success", "webhook_first", "answered_twice", "declined"])
        await one.authorise(card)
        outcome = await one.until(PaymentAuthorised, PaymentDeclined)
        if isinstance(outcome, PaymentAuthorised):
            await one.capture()
            if dice.random() < 0.4:
                await one.cancel()
                await one.until(PaymentCancelled)
            else:
                await one.until(PaymentCaptured)
        return one, card

    async def buyers():
        found = []
        for _ in range(6):
            found += await asyncio.gather(*(purchase() for _ in range(15)))
        done.set()
        return found

    async def killer():
        while not done.is_set():
            await asyncio.sleep(dice.random() * 1.2)
            await killed()

    finished, _ = await asyncio.gather(buyers(), killer())
    for one, card in finished:
        charged = [payment["captured_amount"] - payment["refunded_amount"] for payment in await one.at_processor()]
        wanted = PaymentCaptured in one.said() and PaymentCancelled not in one.said()
        assert sum(charged) == (12_900 if wanted else 0), (card, one.said())
        assert len(charged) == 1
