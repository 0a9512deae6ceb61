"""The operations that are measured, each as a buyer makes it through the gateway."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jangteo.stack.buyer import Buyer

CARD = "4242424242424242"
# Words to search for, alone and in pairs: far more questions than any cache of answers holds.
WORDS = (
    "무선",
    "이어폰",
    "셔츠",
    "텀블러",
    "노트",
    "가방",
    "커피",
    "의자",
    "운동화",
    "이불",
    "향수",
    "블랙",
    "미니",
    "여름",
)
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


async def list_of_24(shop: Shop) -> None:
    """The first page of a category."""
    await _get(shop, f"/v1/products?category={shop.dice.choice(shop.categories)}&size=24")


async def detail(shop: Shop) -> None:
    """One product."""
    await _get(shop, f"/v1/products/{shop.dice.choice(shop.products)}")


async def search(shop: Shop) -> None:
    """A search with facets, hardly ever the same one twice."""
    words = "+".join(shop.dice.sample(WORDS, shop.dice.randint(1, 2)))
    price = shop.dice.randrange(1_000, 200_000, 100)
    await _get(shop, f"/v1/search?q={words}&facets=true&size=24&max_price={price}")


async def add_to_cart(shop: Shop) -> None:
    """One more piece in a member's cart; a full cart is emptied, outside of what is usual."""
    buyer, sku = shop.member, shop.dice.choice(shop.skus[:40])
    cart = await buyer.add_to_cart(sku)
    if cart["line"]["quantity"] >= 10:
        await buyer.call("DELETE", "/v1/cart")


async def checkout(shop: Shop) -> None:
    """An order of one line, from the button to paid."""
    place = shop.dice.randrange(len(shop.members))
    buyer, token = shop.members[place], shop.tokens[place]
    line = {"sku": shop.dice.choice(shop.skus), "quantity": 1}
    order = await buyer.place_order(token, lines=[line], wait=10)
    if order["status"] not in ("paid", "shipped", "delivered"):
        raise RuntimeError(f"the order is {order['status']}: {order.get('reason')}")


OPERATIONS: dict[str, Operation] = {
    "list of 24": list_of_24,
    "product detail": detail,
    "search, with facets": search,
    "add to cart": add_to_cart,
    "checkout to paid order": checkout,
}


async def _get(shop: Shop, path: str) -> Any:
    async with shop.session.get(shop.url + path, headers={"Accept-Language": "ko"}) as answer:
        answer.raise_for_status()
        return await answer.read()
