"""The crowd: buyers who buy, pay with good and bad cards, cancel, and try again until they have been answered."""

import asyncio
import contextlib
import random
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jangteo.stack.buyer import ADDRESS, PASSWORD, Buyer, Refused
from jangteo.stack.mall import Mall

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
GOOD_CARD = CARDS[0][0]
CANCEL_SHARE = 0.15
PATIENCE_SECONDS, AT_THE_END_SECONDS = 15.0, 30.0
_THINK_SECONDS = (0.0, 0.5)
_PLENTY = 100_000
_PROBE_SECONDS, _PROBE_AGAIN_SECONDS = 10.0, 0.1
_PAID = frozenset({"paid", "shipped", "delivered"})
_TROUBLE = (Refused, aiohttp.ClientError, TimeoutError, ValueError)


@dataclass
class Tally:
    """What happened."""

    placed: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    interrupted: int = 0
    unanswered: int = 0  # orders that were asked for, and whose buyers gave up without an answer
    logged_in_again: int = 0


class GaveUp(Exception):
    """The run ended before there was an answer."""


class Crowd:
    """Buyers at one mall, all with the same shelf before them."""

    def __init__(self, mall: Mall, dice: random.Random, buyers: int, tally: Tally) -> None:
        self._mall, self._dice, self._buyers, self._tally = mall, dice, buyers, tally
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        )
        self._skus: list[str] = []
        self._probe = self._buyer()

    async def start(self) -> None:
        """Fill half of the shelf, so that it lasts while the other half sells out, and let the buyers in."""
        self._skus = await _skus(self._probe)
        await self._fill_up(self._skus[::2])
        await self._probe.sign_up()
        self._tasks = [
            asyncio.create_task(self._shop(self._buyer(), random.Random(self._dice.random())))
            for _ in range(self._buyers)
        ]

    async def stop(self) -> None:
        """Let everybody finish what they have begun. Raises what a buyer died of."""
        self._stop.set()
        try:
            await asyncio.gather(*self._tasks)
        finally:
            await self._session.close()

    async def one_purchase_works(self) -> bool:
        """Say whether an order that is placed now, with a good card, is paid within ten seconds."""
        key, probe, asked = secrets.token_hex(16), self._probe, 0
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                token = await probe.tokenise(GOOD_CARD)
                body = _order([{"sku": self._skus[0], "quantity": 1}], token)
                asked = 1
                order = await probe.call("POST", "/v1/orders", body, key=key)
                asked = 0
                self._tally.placed.add(order["order_id"])
                return bool((await probe.wait_for(order["order_id"], _PAID, _PROBE_SECONDS))["status"] in _PAID)
        except _TROUBLE as error:
            self._tally.unanswered += asked
            if isinstance(error, Refused) and error.status == 401:
                await self._log_in(probe)
            await asyncio.sleep(_PROBE_AGAIN_SECONDS)
            return False

    def _buyer(self) -> Buyer:
        return Buyer(self._mall.url, session=self._session)

    async def _fill_up(self, skus: Sequence[str]) -> None:
        account = next(one for one in self._mall.accounts() if (one["tenant"], one["role"]) == ("demo", "owner"))
        owner = self._buyer()
        await owner.log_in(account["email"], account["password"])
        for product in await owner.products(size=24):
            for variant in (await owner.product(product["id"]))["variants"]:
                if variant["sku"] in skus:
                    movement = {"delta": _PLENTY, "reason": "incoming", "reference": "chaos"}
                    path = f"/v1/products/{product['id']}/stock-movements"
                    await owner.call("POST", path, {"sku": variant["sku"], **movement}, key=secrets.token_hex(8))

    async def _shop(self, buyer: Buyer, dice: random.Random) -> None:
        email = f"chaos-{secrets.token_hex(6)}@example.test"
        with contextlib.suppress(GaveUp):
            await self._until_answered(buyer, lambda: _join(buyer, email))
            await self._go_on(buyer, dice)

    async def _go_on(self, buyer: Buyer, dice: random.Random) -> None:
        while not self._stop.is_set():
            card = dice.choices([number for number, _ in CARDS], [weight for _, weight in CARDS])[0]
            token = await self._until_answered(buyer, lambda card=card: buyer.tokenise(card))  # type: ignore[misc]
            if token is not None:
                await self._buy(buyer, dice, token)
            await asyncio.sleep(dice.uniform(*_THINK_SECONDS))

    async def _buy(self, buyer: Buyer, dice: random.Random, token: str) -> None:
        wanted = dice.sample(self._skus, min(len(self._skus), dice.randint(1, 3)))
        body = _order([{"sku": sku, "quantity": dice.randint(1, 2)} for sku in wanted], token)
        # The same key until there is an answer: what a careful client does, and what must never order twice.
        key = secrets.token_hex(16)
        try:
            order = await self._until_answered(buyer, lambda: buyer.call("POST", "/v1/orders", body, key=key))
        except GaveUp:
            self._tally.unanswered += 1
            raise
        if order is None:
            return
        self._tally.placed.add(order["order_id"])
        if dice.random() < CANCEL_SHARE:
            await asyncio.sleep(dice.uniform(0, 0.3))
            cancel_key = secrets.token_hex(16)
            await self._until_answered(buyer, lambda: buyer.cancel(order["order_id"], cancel_key))

    async def _until_answered(self, buyer: Buyer, call: Callable[[], Awaitable[Any]]) -> Any:
        """Repeat `call` over outages; None where it was refused. Raises GaveUp where the run ends first."""
        ends_at = None
        while True:
            try:
                return await call()
            except Refused as refusal:
                if refusal.status == 401:
                    await self._log_in(buyer)
                elif refusal.status < 500 and refusal.status != 429 and refusal.code != "concurrent_update":
                    self._tally.refused[refusal.code] += 1
                    return None
                self._tally.interrupted += 1
            except (aiohttp.ClientError, TimeoutError, ValueError):
                self._tally.interrupted += 1
            if self._stop.is_set():
                # What was begun is finished, if the mall answers soon: a half-placed order is what this looks for.
                ends_at = ends_at or time.monotonic() + AT_THE_END_SECONDS
                if time.monotonic() > ends_at:
                    raise GaveUp
            await asyncio.sleep(0.15)

    async def _log_in(self, buyer: Buyer) -> None:
        """Log in again: a clock was moved, and the token is no longer, or not yet, believed."""
        self._tally.logged_in_again += 1
        try:
            await buyer.log_in(buyer.email, PASSWORD)
        except _TROUBLE:
            self._tally.interrupted += 1


async def _join(buyer: Buyer, email: str) -> None:
    """Become a member, or go on as one where the answer to the first try was lost."""
    try:
        await buyer.sign_up(email)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        await buyer.log_in(email, PASSWORD)


def _order(lines: list[dict[str, Any]], token: str) -> dict[str, Any]:
    return {"lines": lines, "address": ADDRESS, "payment": {"provider": "sandbox", "token": token}}


async def _skus(buyer: Buyer) -> list[str]:
    skus: list[str] = []
    for card in (await buyer.products(size=24))[:12]:
        product = await buyer.product(card["id"])
        skus += [variant["sku"] for variant in product["variants"] if variant["available"]]
    return skus
