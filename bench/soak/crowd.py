"""The people of a soak run: strangers who come at a steady rate and do what people do in a shop."""

import asyncio
import contextlib
import random
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from bench.operations import Shop, open_shop
from jangteo.stack.buyer import PASSWORD, Buyer, Refused

MEMBERS = 40
DECLINED = "4000000000000002"
WORDS = ("무선 이어폰", "셔츠", "텀블러", "노트", "가방", "커피", "의자", "운동화", "이불", "향수")
# What the shop may say to somebody who did nothing wrong: somebody else was quicker.
EXPECTED = frozenset({"stock.insufficient", "concurrent_update", "cart.quantity_limit", "cart.line_limit"})
_PIECES = 8  # on average, before a cart is emptied


@dataclass
class Crowd:
    """What was done, and what went wrong."""

    shop: Shop
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    orders: int = 0

    async def come(self, seconds: float, rate: float) -> None:
        """Let `rate` people a second come for so many seconds, whether or not those before them are done."""
        tasks: set[asyncio.Task[None]] = set()
        began = time.monotonic()
        for number in range(round(seconds * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            task = asyncio.create_task(self._one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks, timeout=60)

    async def _one(self) -> None:
        act, member = self.dice.choices(ACTS, WEIGHTS)[0], self.dice.randrange(len(self.shop.members))
        try:
            try:
                await act(self, member)
            except Refused as refusal:
                if refusal.status != 401:
                    raise
                await self._log_in(member)
                await act(self, member)
            self.done[act.__name__] += 1
        except Refused as refusal:
            (self.refused if refusal.code in EXPECTED else self.failed)[refusal.code] += 1
        except (aiohttp.ClientError, TimeoutError, RuntimeError) as error:
            self.failed[type(error).__name__] += 1

    async def _log_in(self, member: int) -> None:
        buyer = self.shop.members[member]
        await buyer.log_in(buyer.email, PASSWORD)

    async def place(self, member: int, token: str) -> str:
        """Place an order of one or two lines, and return its id."""
        skus = self.dice.sample(self.shop.skus, self.dice.randint(1, 2))
        lines = [{"sku": sku, "quantity": 1} for sku in skus]
        order = await self.shop.members[member].place_order(token, lines=lines, wait=10 if token else 0)
        self.orders += 1
        return str(order["order_id"])


Act = Callable[[Crowd, int], Awaitable[None]]


async def look_at_list(crowd: Crowd, member: int) -> None:
    """A page of a category."""
    await _visitor(crowd).products(category=crowd.dice.choice(crowd.shop.categories), size=24)


async def look_at_product(crowd: Crowd, member: int) -> None:
    """A product."""
    await _visitor(crowd).product(crowd.dice.choice(crowd.shop.products))


async def search(crowd: Crowd, member: int) -> None:
    """A search with facets."""
    price = crowd.dice.randrange(1_000, 200_000, 100)
    word = crowd.dice.choice(WORDS)
    await _visitor(crowd).call("GET", f"/v1/search?q={word}&facets=true&size=24&max_price={price}")


async def fill_cart(crowd: Crowd, member: int) -> None:
    """One more piece in the cart; now and then all are taken out."""
    buyer = crowd.shop.members[member]
    await buyer.add_to_cart(crowd.dice.choice(crowd.shop.skus))
    if crowd.dice.random() < 1 / _PIECES:
        await buyer.call("DELETE", "/v1/cart")


async def fill_guest_cart(crowd: Crowd, member: int) -> None:
    """A stranger's cart, left behind."""
    await _visitor(crowd).add_to_cart(crowd.dice.choice(crowd.shop.skus))


async def log_in(crowd: Crowd, member: int) -> None:
    """A new session."""
    await crowd._log_in(member)


async def look_at_orders(crowd: Crowd, member: int) -> None:
    """My orders."""
    await crowd.shop.members[member].call("GET", "/v1/orders")


async def buy(crowd: Crowd, member: int) -> None:
    """An order that is paid, and on its way."""
    await crowd.place(member, crowd.shop.tokens[member])


async def buy_and_cancel(crowd: Crowd, member: int) -> None:
    """An order that is taken back at once."""
    order = await crowd.place(member, crowd.shop.tokens[member])
    with contextlib.suppress(Refused):  # the parcel was quicker
        await crowd.shop.members[member].cancel(order, secrets.token_hex(16))


async def abandon(crowd: Crowd, member: int) -> None:
    """An order that nobody pays: its time runs out."""
    await crowd.place(member, "")


async def be_declined(crowd: Crowd, member: int) -> None:
    """An order whose card is declined, and left at that."""
    await crowd.place(member, await crowd.shop.members[member].tokenise(DECLINED))


MIX: tuple[tuple[Act, float], ...] = (
    (look_at_list, 18),
    (look_at_product, 24),
    (search, 8),
    (fill_cart, 10),
    (fill_guest_cart, 3),
    (log_in, 2),
    (look_at_orders, 5),
    (buy, 22),
    (buy_and_cancel, 3),
    (abandon, 3),
    (be_declined, 2),
)
ACTS, WEIGHTS = [act for act, _ in MIX], [weight for _, weight in MIX]


async def gather(url: str, session: aiohttp.ClientSession, seed: int) -> Crowd:
    """Sign the members up, each with a card that works, and learn what there is to buy."""
    return Crowd(await open_shop(url, session, MEMBERS), random.Random(seed))


def _visitor(crowd: Crowd) -> Buyer:
    return Buyer(crowd.shop.url, session=crowd.shop.session)
