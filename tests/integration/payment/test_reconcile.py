"""The comparison with the provider's balance: no gap after any story, and each kind of gap is found."""

import asyncio
import json
import sys
from datetime import UTC, datetime

import pytest

from jangteo.contracts.payment import PaymentAuthorised, PaymentCancelled
from jangteo.kit.ids import new_id
from jangteo.payment.providers import open_providers
from jangteo.payment.reconcile import find_gaps

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def gaps(database, settings):
    """Compares everything there is; gives the gaps by the reference of the attempt."""

    async def compare():
        async with open_providers(settings) as providers:
            found, summary = await find_gaps(database, providers["sandbox"], ALWAYS, datetime.now(UTC))
        assert summary.gaps == len(found)
        return {gap.reference: gap for gap in found if not gap.in_hand}

    return compare


async def test_after_a_purchase_a_cancellation_and_a_refund_there_is_no_gap(buyer, person, gaps):
    kept, cancelled, staff = buyer(), buyer(), person("payments.refund")
    await kept.pay()
    await cancelled.pay()
    await cancelled.cancel()
    await cancelled.until(PaymentCancelled)
    body = {"amount": 100, "reason": "x"}
    await staff.post(f"/v1/payments/{kept.payment_id}/refunds", body, key="k")
    found = await gaps()
    assert str(kept.payment_id) not in found
    assert str(cancelled.payment_id) not in found


async def test_a_charge_that_was_never_booked_is_found(buyer, gaps, processor):
    one, stranger = buyer(), str(new_id())
    headers = {"Authorization": "Bearer sk_test_of_the_payment_tests", "Idempotency-Key": stranger}
    body = {"reference": stranger, "amount": 500, "currency": "KRW", "token": await one.token("success")}
    answer = await one.http.post(f"{processor.url}/v1/payments", json=body | {"capture": True}, headers=headers)
    assert answer.status_code == 201
    gap = (await gaps())[stranger]
    assert (gap.kind, gap.ours, gap.theirs) == ("capture", 0, 500)


async def test_money_held_for_an_attempt_that_is_over_is_found(buyer, gaps, processor):
    one, stranger = buyer(), str(new_id())
    headers = {"Authorization": "Bearer sk_test_of_the_payment_tests", "Idempotency-Key": stranger}
    body = {"reference": stranger, "amount": 500, "currency": "KRW", "token": await one.token("success")}
    await one.http.post(f"{processor.url}/v1/payments", json=body, headers=headers)
    assert (await gaps())[stranger].kind == "held"


async def test_a_refund_made_at_the_providers_own_desk_is_found(buyer, gaps, processor):
    one = buyer()
    await one.pay()
    (payment,) = await one.at_processor()
    headers = {"Authorization": "Bearer sk_test_of_the_payment_tests", "Idempotency-Key": str(new_id())}
    answer = await one.http.post(
        f"{processor.url}/v1/payments/{payment['id']}/refunds", json={"amount": 7}, headers=headers
    )
    assert answer.status_code == 201
    gap = (await gaps())[str(one.payment_id)]
    assert (gap.kind, gap.ours, gap.theirs) == ("refund", 0, 7)


async def test_an_attempt_that_waits_for_its_capture_is_no_gap(buyer, gaps):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    assert str(one.payment_id) not in await gaps()


async def test_the_command_prints_a_line_per_gap_and_a_summary(buyer, payment_environment):
    one = buyer()
    await one.pay()
    command = [sys.executable, "-m", "jangteo.payment.reconcile", "--from", "2000-01-01"]
    run = await asyncio.create_subprocess_exec(*command, env=payment_environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await run.communicate()
    *gaps, summary = [json.loads(line) for line in output.splitlines()]
    assert summary["captured"] >= 12_900
    assert summary["gaps"] == len(gaps)
    assert run.returncode == int(any(not gap["in_hand"] for gap in gaps))
