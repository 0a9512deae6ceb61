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


class PowerCut:
    """Kills the service when each of `scenarios` has one call to the provider in hand, and starts it again."""

    def __init__(self, payment, gate, scenarios):
        self._payment, self.gate = payment, gate
        self._ready, self._reached, self._back = (asyncio.Barrier(scenarios) for _ in range(3))

    async def strike(self, method, path, when, trigger):
        """Begin what `trigger` begins; return after the kill, which comes while that call is held."""
        held = self.gate.hold(method, path, when)
        await self._ready.wait()
        await trigger
        await held.arrived.wait()
        if await self._reached.wait() == 0:
            self._payment.kill()
            await asyncio.to_thread(self._payment.start)
        await self._back.wait()
        held.release()


async def authorising(one, cut, when, _):
    command = await one.authorise_command()
    await cut.strike("POST", f"{one.payment_id}:authorise", when, one.saga.send(command, tenant=one.tenant))
    await one.until(PaymentAuthorised)
    await one.capture()
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]


async def authorising_and_capturing_at_once(one, cut, when, _):
    one.at_once = True
    command = await one.authorise_command()
    await cut.strike("POST", f"{one.payment_id}:authorise", when, one.saga.send(command, tenant=one.tenant))
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]
    assert one.said() == [PaymentCaptured]


async def capturing_unasked_what_is_held(one, cut, when, _):
    one.at_once = True
    cut.gate.in_two_steps.add(str(one.payment_id))
    await cut.strike("POST", f"{one.payment_id}:capture", when, one.authorise())
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]
    assert one.said() == [PaymentCaptured]


async def capturing(one, cut, when, _):
    await one.authorise()
    await one.until(PaymentAuthorised)
    await cut.strike("POST", f"{one.payment_id}:capture", when, one.capture())
    await one.until(PaymentCaptured)
    assert [payment["captured_amount"] for payment in await one.at_processor()] == [12_900]


async def voiding(one, cut, when, _):
    await one.authorise()
    await one.until(PaymentAuthorised)
    await cut.strike("POST", f"{one.payment_id}:void", when, one.cancel())
    assert (await one.until(PaymentCancelled)).refunded == 0
    assert [payment["status"] for payment in await one.at_processor()] == ["voided"]


async def giving_back_a_cancelled_order(one, cut, when, _):
    await one.pay()
    (payment,) = await one.at_processor()
    await cut.strike("POST", f"{payment['id']}/refunds ", when, one.cancel())
    assert (await one.until(PaymentCancelled)).refunded == 12_900
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [12_900]


async def refunding_for_staff(one, cut, when, staff):
    await one.pay()
    (payment,) = await one.at_processor()
    body = {"amount": 900, "reason": "scratched"}
    asked = staff.post(f"/v1/payments/{one.payment_id}/refunds", body, key=str(one.order_id))
    await cut.strike("POST", f"{payment['id']}/refunds ", when, asked)
    assert (await one.until(PaymentRefunded)).refunded_in_all == 900
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [900]


SCENARIOS = (
    authorising,
    authorising_and_capturing_at_once,
    capturing_unasked_what_is_held,
    capturing,
    voiding,
    giving_back_a_cancelled_order,
    refunding_for_staff,
)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_with_calls_of_every_kind_in_hand_each_is_done_once(buyer, person, payment, gate, when):
    staff = person("payments.refund")
    cut = PowerCut(payment, gate, len(SCENARIOS))
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for scenario in SCENARIOS:
            group.create_task(scenario(buyer(), cut, when, staff), name=scenario.__name__)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_an_unknown_outcome_is_queried(buyer, payment, gate, when):
    one, cut = buyer(), PowerCut(payment, gate, 1)
    command = await one.authorise_command("timeout_made")
    await cut.strike("GET", f"reference={one.payment_id}", when, one.saga.send(command, tenant=one.tenant))
    await one.until(PaymentAuthorised)
    assert len(await one.at_processor()) == 1


async def test_killed_at_any_moment_under_load_every_order_is_charged_once_or_not_at_all(buyer, payment):
    dice = random.Random(7)
    done = asyncio.Event()

    async def purchase():
        one = buyer(at_once=dice.random() < 0.5)
        card = dice.choice(["success", "success", "webhook_first", "answered_twice", "declined"])
        await one.authorise(card)
        outcome = await one.until(PaymentAuthorised, PaymentCaptured, PaymentDeclined)
        if not isinstance(outcome, PaymentDeclined):
            if not one.at_once:
                await one.capture()
            if dice.random() < 0.4:
                await one.cancel()
                await one.until(PaymentCancelled)
            else:
                await one.until(PaymentCaptured)
        return one, card

    async def buyers():
        found = []
        while not done.is_set() or len(found) < 30:
            found += await asyncio.gather(*(purchase() for _ in range(12)))
        return found

    async def kill_now_and_then():
        for _ in range(5):
            await asyncio.sleep(dice.random() * 0.7)
            payment.kill()
            await asyncio.to_thread(payment.start)
        done.set()

    finished, _ = await asyncio.gather(buyers(), kill_now_and_then())
    for one, card in finished:
        charged = [payment["captured_amount"] - payment["refunded_amount"] for payment in await one.at_processor()]
        wanted = PaymentCaptured in one.said() and PaymentCancelled not in one.said()
        assert sum(charged) == (12_900 if wanted else 0), (card, one.said())
        assert len(charged) == 1


async def test_a_provider_that_is_down_is_asked_when_it_is_back_and_charges_once(buyer, processor):
    several = [buyer() for _ in range(8)]
    commands = [await one.authorise_command() for one in several]
    processor.kill()
    for one, command in zip(several, commands, strict=True):
        await one.saga.send(command, tenant=one.tenant)
    await asyncio.sleep(1)
    assert not any(one.said() for one in several)
    await asyncio.to_thread(processor.start)
    for one in several:
        await one.until(PaymentAuthorised)
        assert len(await one.at_processor()) == 1
