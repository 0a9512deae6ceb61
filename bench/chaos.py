"""`make chaos`: kills processes at random moments while buyers buy, then asks the oracle whether anything is amiss."""

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.oracle import Oracle
from bench.settings import QUICK
from jangteo.stack.buyer import ADDRESS, Buyer, Refused
from jangteo.stack.mall import Mall

TARGETS = ("order", "payment", "product", "shipping", "nats", "postgres", "documents", "valkey")
# What buyers pay with, and how often: most cards work, some make trouble.
CARDS = (
    ("4242424242424242", 12),
    ("4000000000000002", 1),  # declined
    ("4000000000009995", 1),  # insufficient funds
    ("4000000000001000", 1),  # timed out, but was made
    ("4000000000001018", 1),  # timed out, and was not made
    ("4000000000001026", 1),  # answered twice
    ("4000000000001034", 1),  # the webhook before the answer
    ("4000000000001067", 1),  # the capture fails
    ("4000000000001075", 1),  # the capture times out
)
CANCEL_SHARE = 0.15


@dataclass
class Tally:
    """What happened."""

    placed: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    interrupted: int = 0


def main() -> None:
    """Run against a mall of its own; exit with 1, and the seed, where the oracle finds a fault."""
    options = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    options.add_argument("kills", type=int, nargs="?", default=30)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--buyers", type=int, default=6)
    given = options.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    print(f"seed {seed}: {given.kills} kills while {given.buyers} buyers buy", flush=True)
    home = Path(tempfile.mkdtemp(prefix="jangteo-chaos-"))
    home.chmod(0o711)
    with Mall(home, overrides=QUICK) as mall:
        mall.up()
        try:
            tally = asyncio.run(run(mall, kills=given.kills, buyers=given.buyers, seed=seed, say=print))
        except AssertionError as error:
            raise SystemExit(f"seed {seed}: {error}") from None
    print(f"clean: {len(tally.placed)} orders, refused {dict(tally.refused)}, {tally.interrupted} calls interrupted")


async def run(mall: Mall, *, kills: int, buyers: int, seed: int, say: Any = None) -> Tally:
    """Kill `kills` processes under load and return what happened. Raises AssertionError where anything is amiss."""
    dice, tally, stop = random.Random(seed), Tally(), asyncio.Event()
    oracle = Oracle(mall)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        skus = await _skus(Buyer(mall.url, session=session))
        crowd = [
            asyncio.create_task(
                _shop(Buyer(mall.url, session=session), skus, random.Random(dice.random()), tally, stop)
            )
            for _ in range(buyers)
        ]
        try:
            await _kill_one_after_the_other(mall, kills, dice, say)
        finally:
            stop.set()
            await asyncio.gather(*crowd)
        await asyncio.to_thread(mall.wait_healthy)
    await oracle.settled(seconds=180)
    await oracle.assert_exact()
    known = {str(row["order_id"]) for row in await oracle.rows("order", "SELECT order_id FROM order_views")}
    lost = tally.placed - known
    if lost:
        raise AssertionError(f"orders that were confirmed to buyers are gone: {sorted(lost)}")
    return tally


async def _kill_one_after_the_other(mall: Mall, kills: int, dice: random.Random, say: Any) -> None:
    # Every target in turn, in random order, so that a short run misses none of them.
    rounds = [dice.sample(TARGETS, len(TARGETS)) for _ in range(kills // len(TARGETS) + 1)]
    for number, target in enumerate([name for one in rounds for name in one][:kills], start=1):
        await asyncio.sleep(dice.uniform(0.05, 0.8))
        started = time.monotonic()
        await asyncio.to_thread(mall.kill, target)
        # Now and then the next one dies before this one is back.
        if dice.random() < 0.75:
            await asyncio.to_thread(mall.wait_healthy)
        if say:
            say(f"  {number:>3}. killed {target:<10} back after {time.monotonic() - started:.1f} s", flush=True)
    await asyncio.to_thread(mall.wait_healthy)


async def _skus(buyer: Buyer) -> list[str]:
    skus: list[str] = []
    for card in (await buyer.products(size=24))[:12]:
        product = await buyer.product(card["id"])
        skus += [variant["sku"] for variant in product["variants"] if variant["available"]]
    return skus


async def _shop(buyer: Buyer, skus: Sequence[str], dice: random.Random, tally: Tally, stop: asyncio.Event) -> None:
    await _until_answered(buyer.sign_up, tally, stop)
    while not stop.is_set():
        card = dice.choices([number for number, _ in CARDS], [weight for _, weight in CARDS])[0]
        token = await _until_answered(lambda card=card: buyer.tokenise(card), tally, stop)
        lines = [
            {"sku": sku, "quantity": dice.randint(1, 2)}
            for sku in dice.sample(skus, min(len(skus), dice.randint(1, 3)))
        ]
        key = secrets.token_hex(16)
        body = {"lines": lines, "address": ADDRESS, "payment": {"provider": "sandbox", "token": token}}
        if token is None:
            return
        # The same key until there is an answer: what a careful client does, and what must never order twice.
        # (B023: each of these calls is awaited within the round whose variables it uses.)
        order = await _until_answered(lambda: buyer.call("POST", "/v1/orders", body, key=key), tally, stop)  # noqa: B023
        if order is None:
            continue
        tally.placed.add(order["order_id"])
        if dice.random() < CANCEL_SHARE:
            await asyncio.sleep(dice.uniform(0, 0.3))
            cancel_key = secrets.token_hex(16)
            await _until_answered(lambda: buyer.cancel(order["order_id"], cancel_key), tally, stop)  # noqa: B023


async def _until_answered(call: Any, tally: Tally, stop: asyncio.Event) -> Any:
    """Repeat `call` over outages; None where it was refused, or where the run ends first."""
    ends_at = None
    while True:
        try:
            return await call()
        except Refused as refusal:
            if refusal.status in (401,):
                raise
            if refusal.status < 500 and refusal.status != 429 and refusal.code != "concurrent_update":
                tally.refused[refusal.code] += 1
                return None
            tally.interrupted += 1
        except (aiohttp.ClientError, TimeoutError):
            tally.interrupted += 1
        if stop.is_set():
            # What was begun is finished, if the mall answers soon: a half-placed order is what this looks for.
            ends_at = ends_at or time.monotonic() + 30
            if time.monotonic() > ends_at:
                return None
        await asyncio.sleep(0.15)


if __name__ == "__main__":
    main()
