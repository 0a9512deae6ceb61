"""What each measured operation sends to the gateway, and how its answer is judged: the same for every client."""

import json
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jangteo.stack.buyer import ADDRESS, PASSWORD

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
PAID = ("paid", "shipped", "delivered")
_FULL_CART = 10  # pieces of one SKU, after which a cart is emptied
_SKUS_IN_CARTS = 40


@dataclass(frozen=True, slots=True)
class Person:
    """A member: `access` is the token of a session, `card` what stands for a payment card at the provider."""

    email: str
    access: str
    card: str


@dataclass(frozen=True, slots=True)
class Wares:
    """What the calls draw from; plain data, so that it can be handed to another process."""

    categories: Sequence[str]
    products: Sequence[str]
    skus: Sequence[str]
    people: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `body` is JSON, none where it is empty."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "ko"})


def _right(answer: bytes) -> str:
    return ""


def _nothing(answer: bytes) -> Call | None:
    return None


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation: `compose` makes the call of one buyer, given by number; `judge` says what is wrong with an answer
    that came with a good status ("" where nothing is); `tidy` names a call to be made afterwards, outside of the
    measurement of time.
    """

    name: str
    compose: Callable[[Wares, int, random.Random], Call]
    judge: Callable[[bytes], str] = _right
    tidy: Callable[[bytes], Call | None] = _nothing


def _list(wares: Wares, buyer: int, dice: random.Random) -> Call:
    return Call("GET", f"/v1/products?category={dice.choice(wares.categories)}&size=24")


def _detail(wares: Wares, buyer: int, dice: random.Random) -> Call:
    return Call("GET", f"/v1/products/{dice.choice(wares.products)}")


def _search(wares: Wares, buyer: int, dice: random.Random) -> Call:
    words = "+".join(dice.sample(WORDS, dice.randint(1, 2)))
    price = dice.randrange(1_000, 200_000)
    return Call("GET", f"/v1/search?q={words}&facets=true&size=24&max_price={price}")


def _search_again(wares: Wares, buyer: int, dice: random.Random) -> Call:
    return Call("GET", f"/v1/search?q={dice.choice(WORDS)}&facets=true&size=24")


def _add_to_cart(wares: Wares, buyer: int, dice: random.Random) -> Call:
    body = {"sku": dice.choice(wares.skus[:_SKUS_IN_CARTS]), "quantity": 1}
    return _post("/v1/cart/lines", body, wares.people[buyer])


def _empty_when_full(answer: bytes) -> Call | None:
    full = json.loads(answer)["line"]["quantity"] >= _FULL_CART
    return Call("DELETE", "/v1/cart") if full else None


def _log_in(wares: Wares, buyer: int, dice: random.Random) -> Call:
    return _post("/v1/sessions", {"email": wares.people[buyer].email, "password": PASSWORD})


def _check_out(wares: Wares, buyer: int, dice: random.Random) -> Call:
    person = wares.people[buyer]
    body = {
        "address": ADDRESS,
        "lines": [{"sku": dice.choice(wares.skus), "quantity": 1}],
        "payment": {"provider": "sandbox", "token": person.card},
    }
    # Answered once the money is captured; what follows (stock, parcel, mails) counts in CPU, not in time.
    return _post("/v1/orders", body, person, {"Prefer": "wait=10", "Idempotency-Key": secrets.token_hex(16)})


def _is_paid(answer: bytes) -> str:
    order = json.loads(answer)
    return "" if order["status"] in PAID else f"the order is {order['status']}: {order.get('reason')}"


def _product_page(wares: Wares, buyer: int, dice: random.Random) -> Call:
    return Call("GET", f"/products/{dice.choice(wares.products)}")


def _is_whole_page(answer: bytes) -> str:
    is_whole = answer.rstrip().endswith(b"</html>") and b'action="/cart/lines"' in answer
    return "" if is_whole else f"no product's page: {answer[:200].decode(errors='replace')}"


def _post(path: str, body: object, person: Person | None = None, more: dict[str, str] | None = None) -> Call:
    headers = {"Accept-Language": "ko", "Content-Type": "application/json", **(more or {})}
    return Call("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers | bearer(person))


def bearer(person: Person | None) -> dict[str, str]:
    """Return the header that says who calls."""
    return {"Authorization": f"Bearer {person.access}"} if person else {}


LIST = Asked("list of 24", _list)
DETAIL = Asked("product detail", _detail)
SEARCH = Asked("search, with facets", _search)
SEARCH_AGAIN = Asked("search, asked before", _search_again)
ADD_TO_CART = Asked("add to cart", _add_to_cart, tidy=_empty_when_full)
LOG_IN = Asked("log in", _log_in)
CHECKOUT = Asked("checkout to paid order", _check_out, judge=_is_paid)
# Rendered by `web` for a guest: what counts is its CPU, beside that of what it asks (docs/web.md).
PRODUCT_PAGE = Asked("product page", _product_page, judge=_is_whole_page)
ASKED = {
    asked.name: asked for asked in (LIST, DETAIL, SEARCH, SEARCH_AGAIN, ADD_TO_CART, LOG_IN, CHECKOUT, PRODUCT_PAGE)
}
