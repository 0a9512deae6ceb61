"""What is asked of a mall at every size: lists, products, searches and orders, near the beginning and deep inside.

Most lists carry a price limit that no two requests share, so that no memory of answers hides what finding them costs.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiohttp

from bench.calls import WORDS
from bench.operations import OPERATIONS as BENCHED
from bench.operations import Shop, open_shop
from jangteo.stack.buyer import PASSWORD, Buyer, Refused
from jangteo.stack.mall import Mall

PAGE, DEEP = 24, 40
PRODUCTS_SEEN = 1_000  # at every size the same number, so that memories of products hold the same share of them
ORDER_PAGE, DEEP_ORDERS = 20, 50
_CHEAPEST = 900  # nothing in the demo costs less: a lower limit beneath it changes the question, not the answer


@dataclass
class Ground:
    """Where the operations are made: a shop, its products, and members with a long history."""

    shop: Shop
    products: list[str]
    deep: list[str]
    heavy: list[Buyer]
    orders: list[tuple[Buyer, str]]
    deep_orders: list[tuple[Buyer, str]]
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    looked: int = 0

    async def get(self, path: str, language: str = "ko", token: str = "") -> None:
        """GET `path` and read the answer. Raises aiohttp.ClientResponseError for an error."""
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
        async with self.shop.session.get(self.shop.url + path, headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()

    @property
    def beneath(self) -> int:
        """A lowest price that changes nothing."""
        return self.dice.randrange(_CHEAPEST)

    @property
    def category(self) -> str:
        """A department, drawn by chance."""
        return self.dice.choice(self.shop.categories)


class Operation(NamedTuple):
    """What is repeated `count` times in a round; `axes`: what it might grow with."""

    run: Callable[[Ground], Awaitable[None]]
    count: int
    axes: tuple[str, ...] = ("products",)


async def find_ground(mall: Mall, session: aiohttp.ClientSession, heavy: int) -> Ground:
    """Learn what there is in the mall; `heavy` members were given a long history by `heavy_buyers`."""
    shop = await open_shop(mall.url, session, members=4)
    visitor = Buyer(mall.url, session=session)
    products, page = [], await visitor.call("GET", f"/v1/products?sort=price_asc&size={PAGE}")
    while len(products) < PRODUCTS_SEEN:
        products += [card["id"] for card in page["items"]]
        if not page["next_cursor"]:
            break
        page = await visitor.call("GET", f"/v1/products?sort=price_asc&size={PAGE}&cursor={page['next_cursor']}")
    deep = await _cursors(visitor, f"/v1/products?sort=newest&size={PAGE}", DEEP)
    ground = Ground(shop, products[:PRODUCTS_SEEN], deep[-10:], [], [], [])
    random.Random(5).shuffle(ground.products)
    for buyer in await heavy_buyers(mall, heavy, session):
        ground.heavy.append(buyer)
        cursors = await _cursors(buyer, f"/v1/orders?size={ORDER_PAGE}", DEEP_ORDERS)
        ground.deep_orders += [(buyer, cursor) for cursor in cursors[-10:]]
        for cursor in cursors[::5]:
            some = await buyer.call("GET", f"/v1/orders?size={ORDER_PAGE}&cursor={cursor}")
            ground.orders += [(buyer, order["order_id"]) for order in some["items"]]
    return ground


async def heavy_buyers(mall: Mall, count: int, session: aiohttp.ClientSession | None = None) -> list[Buyer]:
    """Return `count` members whose names are known, signed up where they are not yet; logged in."""
    buyers = []
    for number in range(count):
        async with Buyer(mall.url, session=session) as buyer:
            email = f"heavy-{number}@scale.example.test"
            try:
                await buyer.log_in(email, PASSWORD)
            except Refused:
                await buyer.sign_up(email)
        buyers.append(buyer)
    return buyers


async def _cursors(buyer: Buyer, path: str, pages: int) -> list[str]:
    """Return the cursors of the pages after the first, `pages` at the most."""
    cursors: list[str] = []
    answer: Any = await buyer.call("GET", path)
    while len(cursors) < pages and answer["next_cursor"]:
        cursors.append(answer["next_cursor"])
        answer = await buyer.call("GET", f"{path}&cursor={cursors[-1]}")
    return cursors


async def _list(ground: Ground) -> None:
    await ground.get(f"/v1/products?category={ground.category}&size={PAGE}")


async def _fresh_list(ground: Ground) -> None:
    await ground.get(f"/v1/products?category={ground.category}&size={PAGE}&min_price={ground.beneath}")


async def _whole_shop_by_price(ground: Ground) -> None:
    low = ground.dice.randrange(_CHEAPEST, 30_000)
    await ground.get(f"/v1/products?sort=price_asc&size={PAGE}&min_price={low}")


async def _deep_page(ground: Ground) -> None:
    cursor = ground.dice.choice(ground.deep)
    await ground.get(f"/v1/products?sort=newest&size={PAGE}&cursor={cursor}&min_price={ground.beneath}")


async def _list_with_facets(ground: Ground) -> None:
    await ground.get(f"/v1/products?category={ground.category}&size={PAGE}&facets=true&min_price={ground.beneath}")


def _words(ground: Ground) -> str:
    return "+".join(ground.dice.sample(WORDS, ground.dice.randint(1, 2)))


async def _search(ground: Ground) -> None:
    price = ground.dice.randrange(1_000, 200_000)
    await ground.get(f"/v1/search?q={_words(ground)}&facets=true&size={PAGE}&max_price={price}")


async def _search_newest(ground: Ground) -> None:
    price = ground.dice.randrange(1_000, 200_000)
    await ground.get(f"/v1/search?q={_words(ground)}&facets=false&sort=newest&size={PAGE}&max_price={price}")


async def _detail(ground: Ground) -> None:
    await ground.get(f"/v1/products/{ground.dice.choice(ground.products)}")


async def _first_look(ground: Ground) -> None:
    # In English, which nothing else here asks for, and each product once: its page is in nobody's memory.
    ground.looked += 1
    await ground.get(f"/v1/products/{ground.products[ground.looked % len(ground.products)]}", "en")


async def _checkout(ground: Ground) -> None:
    await BENCHED["checkout to paid order"](ground.shop)


async def _my_orders(ground: Ground) -> None:
    buyer = ground.dice.choice(ground.heavy)
    await ground.get(f"/v1/orders?size={ORDER_PAGE}", token=buyer.tokens["access_token"])


async def _my_deep_orders(ground: Ground) -> None:
    buyer, cursor = ground.dice.choice(ground.deep_orders)
    await ground.get(f"/v1/orders?size={ORDER_PAGE}&cursor={cursor}", token=buyer.tokens["access_token"])


async def _order(ground: Ground) -> None:
    buyer, order_id = ground.dice.choice(ground.orders)
    await ground.get(f"/v1/orders/{order_id}", token=buyer.tokens["access_token"])


_BOTH, _ORDERS = ("products", "orders"), ("orders",)
OPERATIONS = {
    "list of 24": Operation(_list, 900),
    "list of 24, not asked before": Operation(_fresh_list, 500),
    "whole shop by price, not asked before": Operation(_whole_shop_by_price, 500),
    f"whole shop by newest, page {DEEP}": Operation(_deep_page, 500),
    "list with facets, not asked before": Operation(_list_with_facets, 400),
    "search, with facets": Operation(_search, 400),
    "search by newest, without facets": Operation(_search_newest, 400),
    "product detail": Operation(_detail, 900),
    "product detail, first look": Operation(_first_look, 240),
    "my orders": Operation(_my_orders, 600, _ORDERS),
    f"my orders, page {DEEP_ORDERS}": Operation(_my_deep_orders, 600, _ORDERS),
    "order detail": Operation(_order, 600, _ORDERS),
    "checkout to paid order": Operation(_checkout, 60, _BOTH),
}
