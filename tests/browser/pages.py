"""Every page of the shop and the office, taken from the route table, so that a page made tomorrow is looked at, too.

A route with a parameter needs an example in `World.examples`; a route that shows no page is named in NOT_PAGES.
"""

import re
import secrets
from dataclasses import dataclass, field

from jangteo.stack.buyer import PASSWORD, Buyer
from jangteo.web import account, office, shop

CARD = "4242424242424242"
# Parts of pages, files, streams, and addresses that only lead elsewhere.
NOT_PAGES = re.compile(
    r"/(search/suggestions|live/.*|robots\.txt|sitemap\.xml|manifest\.webmanifest|service-worker\.js"
    r"|account/by/.*|.*\.csv|account/orders/[^/]*/(paid|confirmed|pay)|account/security/second-factor/scan"
    r"|account/export/\{.*|login/second-factor|checkout/\{.*)"
)
FOR_GUESTS = re.compile(r"/(login|account/(sign-up|check-mail|(verify|confirm)-email|(forgot|reset)-password))")
FOR_MEMBERS = re.compile(r"/(account|checkout|cart|wishlist)\b.*")
PARAMETER = re.compile(r"\{([a-z_]+):[a-z]+\}")


@dataclass(frozen=True)
class Page:
    """A page and who looks at it: guest, member or owner."""

    who: str
    path: str


@dataclass
class World:
    """A shop in which something has happened: people who may log in, and an example for every kind of address."""

    member: Buyer
    owner: Buyer
    passwords: dict[str, str]
    examples: dict[str, str] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)  # further ones of pages that have an example

    def login(self, who):
        """Return e-mail and password of somebody."""
        one = {"member": self.member, "owner": self.owner}[who]
        return one.email, self.passwords[who]


def routes():
    """Return the address patterns of all pages."""
    handlers = [*shop.ROUTES, *account.ROUTES, *office.ROUTES]
    found = {path for one in handlers if "GET" in one.http_methods for path in one.paths}
    return sorted(path for path in found if not NOT_PAGES.fullmatch(path))


def pages(world):
    """Return all pages whose addresses are known; see `without_example`."""
    known = {path: path for path in routes() if not PARAMETER.search(path)} | world.examples
    first = [Page(_who(path), known[path]) for path in routes() if path in known]
    return first + [Page(_who(path), path) for path in world.states]


def without_example(world):
    """Return the addresses that nobody has given an example of."""
    return [path for path in routes() if PARAMETER.search(path) and path not in world.examples]


def _who(path):
    if path.startswith("/office"):
        return "owner"
    if FOR_GUESTS.fullmatch(path):
        return "guest"
    return "member" if FOR_MEMBERS.fullmatch(path) else "guest"


async def build_world(url, accounts, session):
    """Let a member buy something, keep something in the cart and on the wishlist, and return what can be seen then."""
    staff = next(entry for entry in accounts if entry["tenant"] == "demo" and entry["role"] == "owner")
    owner, member = Buyer(url, session=session), Buyer(url, session=session)
    await owner.log_in(staff["email"], staff["password"])
    owner.email = staff["email"]
    await member.sign_up()
    first, second = (await member.products(size=2, in_stock="true"))[:2]
    product = await member.product(first["id"])
    sku = next(one["sku"] for one in product["variants"] if one["available"])
    order = await member.place_order(await member.tokenise(CARD), lines=[{"sku": sku, "quantity": 2}])
    await member.wait_for(order["order_id"], {"paid", "shipped", "delivered"})
    await member.add_to_cart(sku)
    await member.call("PUT", f"/v1/wishlist/{second['id']}")
    world = World(member, owner, {"member": PASSWORD, "owner": staff["password"]})
    world.examples = await _examples(world, first, order)
    world.states = [
        "/office?days=1",
        "/office/orders?q=none",
        f"/office/messages?member_id={member.member['id']}",
        "/office/roles/owner",
        "/office/products/low-stock?threshold=20",
    ]
    sheet = await _faulty_sheet(url, owner, session)
    world.examples["/office/products/imports/{id:uuid}"] = f"/office/products/imports/{sheet}"
    return world


async def _faulty_sheet(url, owner, session):
    """Import a sheet with a row that cannot be taken; return the import's id."""
    headers = {
        "Authorization": f"Bearer {owner.tokens['access_token']}",
        "Content-Type": "text/csv",
        "Idempotency-Key": secrets.token_hex(8),
    }
    content = b"product,sku,price\nno-such-thing,NO-SUCH-1,-5\n"
    async with session.post(f"{url}/v1/catalogue/imports?name=goods.csv", data=content, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        return (await answer.json())["id"]


async def _examples(world, product, order):
    address = await world.member.call("POST", "/v1/members/me/addresses", _address())
    category = (await world.member.call("GET", "/v1/categories"))["items"][0]["slug"]
    messages = (await world.owner.call("GET", "/v1/messages"))["items"]
    goods = f"/office/products/{product['id']}"
    order_path = f"/account/orders/{order['order_id']}"
    return {
        "/categories/{slug:str}": f"/categories/{category}",
        "/products/{slug:str}": f"/products/{product['slug']}",
        "/account/orders/{order_id:uuid}": order_path,
        "/account/orders/{order_id:uuid}/complete": f"{order_path}/complete",
        "/account/addresses/{address_id:uuid}": f"/account/addresses/{address['id']}",
        "/office/members/{member_id:uuid}": f"/office/members/{world.member.member['id']}",
        "/office/messages/{id:uuid}": f"/office/messages/{messages[0]['id']}",
        "/office/system/queues/{group:str}": "/office/system/queues/cart",
        "/office/orders/{order_id:uuid}": f"/office/orders/{order['order_id']}",
        "/office/categories/{slug:str}": f"/office/categories/{category}",
        "/office/products/{product:uuid}": goods,
        "/office/products/{product:uuid}/pictures": f"{goods}/pictures",
        "/office/products/{product:uuid}/stock": f"{goods}/stock",
        "/office/roles/{name:str}": "/office/roles/support",
    }


def _address():
    return {
        "label": "집",
        "recipient": "김장터",
        "phone": "010-1234-5678",
        "zip": "04524",
        "address1": "서울특별시 중구 세종대로 110",
        "address2": "3층",
        "is_default": True,
    }
