"""The operations that are measured, each as a buyer makes it through the gateway with asyncio, and what they need."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from bench.calls import ASKED, CHECKOUT, Asked, Call, Person, Wares, bearer
from jangteo.stack.buyer import Buyer

CARD = "4242424242424242"
Operation = Callable[["Shop"], Awaitable[None]]


@dataclass
class Shop:
    """What the operations draw from: one shop and its members."""

    url: str
    session: aiohttp.ClientSession
    members: list[Buyer]
    tokens: list[str]
    products: list[str]
    skus: list[str]
    categories: list[str]
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def member(self) -> Buyer:
        """A member, drawn by chance."""
        return self.dice.choice(self.members)

    @property
    def wares(self) -> Wares:
        """The same as plain data, with the members' tokens of this moment."""
        people = [
            Person(member.email, member.tokens["access_token"], card)
            for member, card in zip(self.members, self.tokens, strict=True)
        ]
        return Wares(self.categories, self.products, self.skus, people)

    async def renew(self) -> None:
        """Renew the members' sessions, whose tokens last ten minutes only."""
        for member in self.members:
            member.tokens = await member.call(
                "POST", "/v1/sessions/refresh", {"refresh_token": member.tokens["refresh_token"]}
            )


async def open_shop(url: str, session: aiohttp.ClientSession, members: int) -> Shop:
    """Sign members up and learn what there is to buy."""
    buyers = [Buyer(url, session=session) for _ in range(members)]
    tokens = []
    for buyer in buyers:
        await buyer.sign_up()
        tokens.append(await buyer.tokenise(CARD))
    visitor = Buyer(url, session=session)
    categories = [entry["slug"] for entry in (await visitor.call("GET", "/v1/categories"))["items"]]
    cards = [card for slug in categories for card in await visitor.products(category=slug, size=24)]
    products = [await visitor.product(card["id"]) for card in cards[:150]]
    skus = [variant["sku"] for product in products for variant in product["variants"] if variant["level"] == "in"]
    return Shop(url, session, buyers, tokens, [product["id"] for product in products], skus, categories)


async def perform(asked: Asked, shop: Shop) -> None:
    """Make the call of a member drawn by chance. Raises RuntimeError where the answer is not what it should be."""
    number = shop.dice.randrange(len(shop.members))
    wares = shop.wares
    answer = await _send(shop, asked.compose(wares, number, shop.dice))
    if fault := asked.judge(answer):
        raise RuntimeError(fault)
    if (call := asked.tidy(answer)) is not None:
        await _send(shop, Call(call.method, call.path, call.body, call.headers | bearer(wares.people[number])))


def _performed(asked: Asked) -> Operation:
    async def operation(shop: Shop) -> None:
        await perform(asked, shop)

    operation.__doc__ = asked.name
    return operation


async def _send(shop: Shop, call: Call) -> bytes:
    async with shop.session.request(
        call.method, shop.url + call.path, data=call.body or None, headers=call.headers
    ) as answer:
        raw = await answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status}: {raw[:300].decode(errors='replace')}")
        return raw


OPERATIONS: dict[str, Operation] = {name: _performed(asked) for name, asked in ASKED.items()}
checkout = OPERATIONS[CHECKOUT.name]
