"""A member's cart: the same on every device, filled by a guest's cart once, and emptied by what was bought."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from jangteo.contracts.order import OrderLine, OrderPaid
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.clock import SystemClock
from jangteo.kit.ids import new_id
from jangteo.kit.messages import encode


async def guest_cart(browser, shop, **quantities):
    guest = browser()
    for sku, quantity in quantities.items():
        answer = await guest.add(shop.sell(sku) if sku not in shop.offers else sku, quantity)
        assert answer.status_code == 201
    return answer.headers["x-cart-token"]


async def test_a_member_has_one_cart_on_all_devices(member, shop):
    desk = member()
    phone = member(id=desk.id)
    await desk.add(shop.sell("A-1"), 2)
    await phone.add("A-1", 1)
    assert await desk.quantities() == await phone.quantities() == {"A-1": 3}
    answer = await desk.call("GET", "/v1/cart")
    assert "set-cookie" not in answer.headers
    assert "x-cart-token" not in answer.headers
    assert await member().quantities() == {}


async def test_logging_in_brings_the_guests_cart_along(browser, member, shop):
    token = await guest_cart(browser, shop, A=2, B=1)
    someone = member()
    await someone.add("B", 3)
    answer = await someone.call("GET", "/v1/cart", Cookie=f"jangteo_cart={token}")
    assert {line["sku"]: line["quantity"] for line in answer.json()["lines"]} == {"A": 2, "B": 4}
    assert answer.headers["set-cookie"].startswith("jangteo_cart=; Max-Age=0")
    assert await browser().quantities(X_Cart_Token=token) == {}
    assert await someone.quantities(X_Cart_Token=token) == {"A": 2, "B": 4}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "MERGE"])
async def test_whatever_comes_first_after_logging_in_merges(browser, member, shop, method):
    token = await guest_cart(browser, shop, A=2)
    someone = member()
    await someone.add("A", 1)
    if method == "POST":
        await someone.add("A", 1, X_Cart_Token=token)
    elif method == "PUT":
        await someone.call("PUT", "/v1/cart/lines/A", {"quantity": 4}, X_Cart_Token=token)
    elif method == "DELETE":
        await someone.call("DELETE", "/v1/cart/lines/OTHER", X_Cart_Token=token)
    else:
        assert (await someone.call("POST", "/v1/cart/merge", X_Cart_Token=token)).json()["cart"]["pieces"] == 3
    assert await someone.quantities() == {"A": {"POST": 4, "PUT": 4}.get(method, 3)}


async def test_twenty_requests_at_once_merge_once(browser, member, shop):
    token = await guest_cart(browser, shop, A=2, B=5)
    someone = member()
    await someone.add("A", 1)
    answers = await asyncio.gather(*(someone.call("GET", "/v1/cart", X_Cart_Token=token) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert await someone.quantities() == {"A": 3, "B": 5}
    # Whoever asked with the guest's token saw its lines.
    assert all(len(answer.json()["lines"]) == 2 for answer in answers)


async def test_of_two_members_with_one_guests_cart_one_gets_it(browser, member, shop):
    token = await guest_cart(browser, shop, A=2)
    members = [member() for _ in range(8)]
    await asyncio.gather(*(someone.call("POST", "/v1/cart/merge", X_Cart_Token=token) for someone in members))
    carts = [await someone.quantities() for someone in members]
    assert sorted(map(len, carts)) == [0] * 7 + [1]


async def test_a_merge_is_capped_by_stock_and_limit_and_takes_nothing_away(browser, member, shop):
    shop.sell("STOCK", available=50)
    shop.sell("LIMIT", max_per_order=10)
    shop.sell("HAD", available=50)
    shop.sell("SOLD")
    shop.sell("GONE")
    token = await guest_cart(browser, shop, STOCK=30, LIMIT=8, HAD=5, SOLD=4, GONE=2)
    someone = member()
    for sku, quantity in {"STOCK": 30, "LIMIT": 8, "HAD": 40}.items():
        await someone.add(sku, quantity)
    shop.sell("HAD", available=20)
    shop.sell("SOLD", available=0, purchasable=False)
    del shop.offers["GONE"]
    merged = (await someone.call("POST", "/v1/cart/merge", X_Cart_Token=token)).json()
    kept = {line["sku"]: line["quantity"] for line in merged["cart"]["lines"]}
    assert kept == {"STOCK": 50, "LIMIT": 10, "HAD": 40, "SOLD": 1, "GONE": 2}
    assert sorted((one["sku"], one["asked"], one["kept"]) for one in merged["cut"]) == [
        ("HAD", 45, 40),
        ("LIMIT", 16, 10),
        ("SOLD", 4, 1),
        ("STOCK", 60, 50),
    ]


async def test_a_merge_stops_at_a_hundred_lines_and_says_so(browser, member, shop):
    token = await guest_cart(browser, shop, **{f"G{number}": 1 for number in range(10)})
    someone = member()
    for number in range(95):
        await someone.add(shop.sell(f"M{number}"))
    merged = (await someone.call("POST", "/v1/cart/merge", X_Cart_Token=token)).json()
    assert len(merged["cart"]["lines"]) == 100
    assert [one["kept"] for one in merged["cut"]] == [0] * 5


async def test_an_old_tab_of_the_guest_starts_a_new_cart(browser, member, shop):
    guest = browser()
    token = (await guest.add(shop.sell("A-1"), 2)).headers["x-cart-token"]
    someone = member()
    await someone.call("POST", "/v1/cart/merge", X_Cart_Token=token)
    assert (await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 9})).status_code == 404
    added = await guest.add(shop.sell("B-1"))
    assert added.status_code == 201
    renewed = added.headers["x-cart-token"]
    assert renewed != token
    assert await guest.quantities() == {"B-1": 1}
    assert await someone.quantities(X_Cart_Token=renewed) == {"A-1": 2, "B-1": 1}


async def test_a_merge_that_the_catalogue_could_not_answer_is_made_up_for(browser, member, shop):
    token = await guest_cart(browser, shop, A=2)
    someone = member()
    shop.away = True
    assert (await someone.call("POST", "/v1/cart/merge", X_Cart_Token=token)).status_code == 503
    shop.away = False
    assert await someone.quantities(X_Cart_Token=token) == {"A": 2}


async def test_a_guest_has_nobody_to_merge_with(browser):
    assert (await browser().call("POST", "/v1/cart/merge")).status_code == 401


async def test_carts_of_two_shops_are_apart(member, shop, other_tenant):
    here = member()
    await here.add(shop.sell("A-1"), 2)
    there = member(id=here.id, tenant=other_tenant)
    assert await there.quantities() == {}
    there.bearer = here.bearer
    assert (await there.call("GET", "/v1/cart")).status_code == 401


def paid(member, lines, **changed):
    fields = {
        "order_id": new_id(),
        "order_number": "20250601-ABCDEF",
        "member_id": member.id,
        "total": 1,
        "currency": "KRW",
        "lines": [OrderLine(sku=sku, quantity=quantity) for sku, quantity in lines.items()],
        "cart_id": str(member.id),
        **changed,
    }
    return OrderPaid(**fields)


@pytest.fixture
async def publish(servers):
    """Publishes as the order service does."""
    bus = await connect(servers.url("nats"), name="cart-tests")

    async def send(tenant, message, id=None):
        id = id or new_id()
        body = encode(message, id=id, source="order", tenant=tenant, time=SystemClock().now(), traceparent=None)
        await bus.publish([Outgoing(id=str(new_id()), type=message.type, key=message.partition(), body=body)])
        return id

    yield send
    await bus.close()


async def eventually(look, expected):
    async with asyncio.timeout(20):
        while await look() != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_only_what_was_ordered_leaves_the_cart(app, member, shop, publish):
    someone = member()
    for sku, quantity in {"A-1": 3, "B-1": 1, "C-1": 2}.items():
        await someone.add(shop.sell(sku), quantity)
    before = (await someone.cart())["version"]
    # Since the order was placed the cart changed: more of one, none of another.
    await someone.add("A-1", 2)
    await someone.call("DELETE", "/v1/cart/lines/B-1")
    await publish(someone.tenant, paid(someone, {"A-1": 3, "B-1": 1}))
    await eventually(someone.quantities, {"A-1": 2, "C-1": 2})
    assert (await someone.cart())["version"] > before


async def test_an_order_with_two_lines_of_one_thing_takes_both(app, member, shop, publish):
    someone = member()
    await someone.add(shop.sell("A-1"), 3)
    await someone.add(shop.sell("B-1"), 4)
    lines = [
        OrderLine(sku=sku, quantity=quantity) for sku, quantity in (("A-1", 1), ("A-1", 2), ("B-1", 1), ("B-1", 1))
    ]
    await publish(someone.tenant, msgspec.structs.replace(paid(someone, {}), lines=lines))
    await eventually(someone.quantities, {"B-1": 2})


async def test_an_order_told_again_takes_nothing_more(app, member, shop, publish):
    someone = member()
    await someone.add(shop.sell("A-1"), 9)
    message = paid(someone, {"A-1": 2})
    ids = [await publish(someone.tenant, message) for _ in range(3)]
    for id in ids:
        await publish(someone.tenant, message, id)
    await publish(someone.tenant, paid(someone, {"A-1": 1}))
    await eventually(someone.quantities, {"A-1": 6})


async def test_what_was_bought_past_the_cart_leaves_it_alone(app, member, shop, publish, other_tenant):
    someone = member()
    await someone.add(shop.sell("A-1"), 9)
    await publish(someone.tenant, paid(someone, {"A-1": 2}, cart_id=None))
    await publish(other_tenant, paid(someone, {"A-1": 2}))
    await publish(someone.tenant, paid(someone, {"A-1": 9, "NEVER-THERE": 1}))
    await eventually(someone.quantities, {})


async def test_the_order_service_is_told_what_is_in_a_cart(member, browser, shop, settings):
    someone = member()
    await someone.add(shop.sell("A-1"), 2)
    await someone.add(shop.sell("B-1"), 1)
    version = (await someone.call("PUT", "/v1/cart/lines/B-1", {"quantity": 1, "selected": False})).json()["version"]
    path = f"/internal/carts/{someone.id}"

    def identity(service, tenant=someone.tenant):
        return ServiceIdentity(service, Path(settings.identity_dir).parent / service).token(tenant)

    answer = await browser().call("GET", path, X_Service_Identity=identity("order"))
    assert answer.json() == {
        "cart_id": str(someone.id),
        "version": version,
        "lines": [
            {"sku": "A-1", "quantity": 2, "selected": True},
            {"sku": "B-1", "quantity": 1, "selected": False},
        ],
    }
    empty = await browser().call("GET", f"/internal/carts/{new_id()}", X_Service_Identity=identity("order"))
    assert empty.json()["lines"] == []
    assert (await browser().call("GET", path, X_Service_Identity=identity("payment"))).status_code == 403
    assert (await browser().call("GET", path)).status_code == 401
    assert (await someone.call("GET", path)).status_code == 403
