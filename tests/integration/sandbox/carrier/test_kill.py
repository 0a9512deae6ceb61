"""The carrier's process may die at any moment: no number is lost, and every parcel goes on where it was."""

import asyncio
import signal
from functools import partial
from typing import Any

import aiohttp
import pytest

MODULE = "jangteo.sandbox.carrier.main"


@pytest.fixture
def carrier(process: Any, settings: Any) -> Any:
    """A carrier in a process of its own, in a hurry."""
    return process(
        MODULE,
        {
            "JANGTEO_STATE_DIR": settings.state_dir,
            "JANGTEO_SECRET_KEY": settings.secret_key,
            "JANGTEO_WEBHOOK_SECRET": settings.webhook_secret,
            "JANGTEO_WEBHOOK_URL": settings.webhook_url,
            "JANGTEO_SPEED": "0.1",
            "JANGTEO_RETRY_FIRST": "0.05",
        },
    )


async def test_kill_9_loses_no_parcel_and_each_one_is_still_delivered(
    receiver: Any, carrier: Any, merchant_at: Any, until: Any
) -> None:
    await carrier.start()
    merchant = merchant_at(carrier.url)
    promised: dict[str, str] = {}

    async def send(reference: str) -> None:
        try:
            status, parcel = await merchant.send(reference, key=reference)
        except aiohttp.ClientError:
            return
        assert status == 201
        assert promised.setdefault(reference, parcel["number"]) == parcel["number"]

    async def hooks_about(number: str) -> set[str]:
        return set(receiver.types(number))

    references = [f"kill-{number}" for number in range(20)]
    for life in range(2):
        calls = [asyncio.create_task(send(reference)) for reference in references[life * 10 :][:10]]
        await asyncio.wait(calls[: 3 + life])
        await receiver.wait_for(1 + 4 * life)
        await carrier.stop(signal.SIGKILL)
        await asyncio.gather(*calls)
        await carrier.start()
    await asyncio.gather(*(send(reference) for reference in references))

    assert len(set(promised.values())) == len(references)
    for reference, number in promised.items():
        assert [parcel["number"] for parcel in await merchant.found(reference)] == [number]
        codes = await until(partial(merchant.codes, number), lambda codes: codes[-1] == "delivered")
        assert codes[:2] == ["accepted", "picked_up"]
        assert len(codes) == 7
        told = await until(partial(hooks_about, number), lambda types: "parcel.delivered" in types)
        assert told == {f"parcel.{code}" for code in codes}
