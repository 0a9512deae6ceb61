"""The processor's process may die at any moment: what it answered stays true, what it owes is still sent."""

import asyncio
import contextlib
import random
import signal
from typing import Any

import aiohttp
import pytest

MODULE = "jangteo.sandbox.pay.main"


@pytest.fixture
def environment(settings: Any) -> dict[str, str]:
    """The settings of the tests, as a process is told them."""
    return {
        "JANGTEO_STATE_DIR": settings.state_dir,
        "JANGTEO_SECRET_KEY": settings.secret_key,
        "JANGTEO_WEBHOOK_SECRET": settings.webhook_secret,
        "JANGTEO_WEBHOOK_URL": settings.webhook_url,
        "JANGTEO_WEBHOOK_DELAY": "0.05",
        "JANGTEO_RETRY_FIRST": "0.05",
    }


async def test_kill_9_in_the_middle_of_payments_loses_none_and_makes_none_twice(
    receiver: Any, process: Any, environment: dict[str, str], merchant_at: Any
) -> None:
    provider = process(MODULE, environment)
    await provider.start()
    merchant = merchant_at(provider.url)
    token = await merchant.token("4242424242424242")
    dice = random.Random(7)
    promised: dict[str, str] = {}

    async def pay(reference: str) -> None:
        body = {"reference": reference, "amount": 1_000, "currency": "KRW", "token": token, "capture": True}
        try:
            status, answer = await merchant.post("/v1/payments", body, reference)
        except aiohttp.ClientError:
            return
        assert status == 201
        assert promised.setdefault(reference, answer["id"]) == answer["id"]

    references = [f"kill-{number}" for number in range(60)]
    for life in range(3):
        calls = [asyncio.create_task(pay(reference)) for reference in references[life * 20 :][:20]]
        await asyncio.wait(calls[: dice.randrange(1, 15)])
        await provider.stop(signal.SIGKILL)
        await asyncio.gather(*calls)
        await provider.start()
    assert promised
    await asyncio.gather(*(pay(reference) for reference in references))

    assert set(promised) == set(references)
    for reference, payment_id in promised.items():
        assert [payment["id"] for payment in await merchant.found(reference)] == [payment_id]
        await receiver.wait_for(1, payment_id)
        assert set(receiver.types(payment_id)) == {"payment.captured"}
    movements = (await merchant.get("/v1/balance-transactions?limit=1000"))["data"]
    assert sorted(each["reference"] for each in movements) == sorted(references)


async def test_sigterm_ends_it_at_once_even_while_an_answer_is_held(
    process: Any, environment: dict[str, str], merchant_at: Any, until: Any
) -> None:
    provider = process(MODULE, environment | {"JANGTEO_TIMEOUT_DELAY": "3600"})
    await provider.start()
    merchant = merchant_at(provider.url)
    call = asyncio.create_task(merchant.pay("4000000000001000", "held"))
    await until(lambda: merchant.found("held"))
    assert await asyncio.wait_for(provider.stop(signal.SIGTERM), 20) == 0
    with contextlib.suppress(aiohttp.ClientError):
        assert (await call)[0] == 503
    await provider.start()
    assert [payment["status"] for payment in await merchant.found("held")] == ["authorized"]
