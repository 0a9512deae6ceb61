"""A wishlist: a guest's or a member's, merged once with the cart, shown beside the catalogue of this moment."""

import asyncio
from uuid import UUID

import pytest

from jangteo.contracts.product import Brand
from jangteo.kit.ids import new_id


async def wish(client, *ids, method="PUT", **headers):
    for id in ids:
        answer = await client.call(method, f"/v1/wishlist/{id}", **headers)
        assert answer.status_code == 200, answer.text
    return answer


async def wishes(client, **headers):
    answer = await client.call("GET", "/v1/wishlist", **headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["count"] == len(answer.json()["items"])
    return [UUID(item["id"]) for item in answer.json()["items"]]


async def test_a_wish_is_shown_as_lists_show_products_the_newest_first(member, shop):
    someone = member()
    coat = shop.show(name="코트", brand=Brand(code="dal", name="달"), price=39_000, list_price=50_000)
    hat = shop.show(name="모자", available=False, level="out")
    await wish(someone, coat, hat)
    first, second = (await someone.call("GET", "/v1/wishlist")).json()["items"]
    assert (first["name"], first["state"], first["available"]) == ("모자", "sold_out", False)
    assert (second["name"], second["state"], second["price"], second["list_price"]) == (
        "코트",
        "on_sale",
        39_000,
        50_000,
    )
    assert second["brand"] == {"code": "dal", "name": "달"}
    shop.show(id=coat, price=29_000)
    assert (await someone.call("GET", "/v1/wishlist")).json()["items"][1]["price"] == 29_000


async def test_wishing_and_forgetting_may_be_repeated(member, shop):
    someone, coat, hat = member(), shop.show(), shop.show()
    await wish(someone, coat, hat)
    again = await asyncio.gather(*(wish(someone, coat) for _ in range(10)))
    assert {answer.json()["count"] for answer in again} == {2}
    assert await wishes(someone) == [hat, coat]
    assert (await someone.call("GET", f"/v1/wishlist/{coat}")).json()["wished"] is True
    for _ in range(2):
        assert (await wish(someone, coat, method="DELETE")).json() == {
            "product_id": str(coat),
            "wished": False,
            "count": 1,
        }
    assert (await someone.call("GET", f"/v1/wishlist/{coat}")).json()["wished"] is False


async def test_what_the_shop_does_not_show_cannot_be_wished_for(member, shop):
    someone, archived = member(), shop.show(on_sale=False)
    for id in (new_id(), archived):
        answer = await someone.call("PUT", f"/v1/wishlist/{id}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "product.not_found"
    assert await wishes(someone) == []


async def test_a_wish_outlives_its_product_as_no_longer_sold(member, shop):
    someone = member()
    archived, vanished = shop.show(name="코트"), shop.show()
    await wish(someone, vanished, archived)
    shop.show(id=archived, on_sale=False)
    del shop.glances[vanished]
    named, nameless = (await someone.call("GET", "/v1/wishlist")).json()["items"]
    assert (named["state"], named["name"], named["available"]) == ("no_longer_sold", "코트", False)
    assert (nameless["state"], nameless["name"], nameless["price"]) == ("no_longer_sold", None, None)
    assert (await wish(someone, vanished, archived, method="DELETE")).json()["count"] == 0


async def test_a_guests_wishes_hang_on_the_token_of_the_cart(browser, shop):
    guest, coat = browser(), shop.show()
    assert "set-cookie" not in (await guest.call("GET", "/v1/wishlist")).headers
    answer = await wish(guest, coat)
    assert "HttpOnly" in answer.headers["set-cookie"]
    token = answer.headers["x-cart-token"]
    assert await wishes(guest) == [coat]
    assert await wishes(browser(), X_Cart_Token=token) == [coat]
    assert await wishes(browser()) == []
    await guest.add(shop.sell("A-1"))
    assert await browser().quantities(X_Cart_Token=token) == {"A-1": 1}


@pytest.mark.parametrize("with_cart", [True, False])
async def test_logging_in_brings_cart_and_wishes_along_once(browser, member, shop, with_cart):
    guest, someone = browser(), member()
    coat, hat, shoe = shop.show(), shop.show(), shop.show()
    token = (await wish(guest, coat, hat)).headers["x-cart-token"]
    if with_cart:
        await guest.add(shop.sell("A-1"), 2, X_Cart_Token=token)
    await wish(someone, shoe, coat)
    answers = await asyncio.gather(*(wishes(someone, X_Cart_Token=token) for _ in range(10)))
    assert {tuple(sorted(ids)) for ids in answers} == {tuple(sorted((coat, hat, shoe)))}
    assert await someone.quantities() == ({"A-1": 2} if with_cart else {})
    await wish(someone, hat, method="DELETE", X_Cart_Token=token)
    assert hat not in await wishes(someone, X_Cart_Token=token)
    assert await wishes(browser(), X_Cart_Token=token) == []
    # An old tab of the guest starts anew.
    renewed = (await wish(guest, hat)).headers["x-cart-token"]
    assert renewed != token
    assert await wishes(guest) == [hat]


async def test_of_two_members_with_one_guests_wishes_one_gets_them(browser, member, shop):
    token = (await wish(browser(), shop.show())).headers["x-cart-token"]
    members = [member() for _ in range(8)]
    await asyncio.gather(*(wishes(someone, X_Cart_Token=token) for someone in members))
    lists = [await wishes(someone) for someone in members]
    assert sorted(map(len, lists)) == [0] * 7 + [1]


async def test_a_list_holds_a_hundred_and_a_merge_takes_nothing_away(browser, member, shop):
    someone, guest = member(), browser()
    own = [shop.show() for _ in range(99)]
    await wish(someone, *own)
    older, newer = shop.show(), shop.show()
    token = (await wish(guest, older, newer)).headers["x-cart-token"]
    merged = await wishes(someone, X_Cart_Token=token)
    assert set(merged) == {*own, newer}
    full = await someone.call("PUT", f"/v1/wishlist/{older}")
    assert (full.status_code, full.json()["code"]) == (409, "wishlist.limit")
    await wish(someone, newer)


async def test_wishes_of_two_shops_are_apart(member, shop, other_tenant):
    here = member()
    await wish(here, shop.show())
    assert await wishes(member(id=here.id, tenant=other_tenant)) == []


async def test_without_the_catalogue_a_wish_is_refused_and_nothing_lost(member, shop):
    someone, coat = member(), shop.show()
    await wish(someone, coat)
    shop.away = True
    assert (await someone.call("GET", "/v1/wishlist")).status_code == 503
    assert (await someone.call("GET", f"/v1/wishlist/{coat}")).json()["wished"] is True
    shop.away = False
    assert await wishes(someone) == [coat]
