"""A guest's token: sealed, for one shop, out of the reach of scripts, and of no use to who guesses."""

import secrets

import pytest
from redis.asyncio import Redis


def cookie_of(answer):
    return answer.headers["set-cookie"]


async def test_a_browser_is_recognised_by_a_cookie_that_scripts_cannot_read(browser, shop):
    guest = browser()
    answer = await guest.add(shop.sell("A-1"))
    parts = cookie_of(answer).split("; ")
    assert parts[0].startswith("jangteo_cart=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"} <= set(parts)
    assert "Secure" not in parts
    over_tls = await guest.add("A-1", 1, X_Forwarded_Proto="https")
    assert "Secure" in cookie_of(over_tls).split("; ")


async def test_another_client_is_recognised_by_a_header(browser, shop):
    token = (await browser().add(shop.sell("A-1"), 3)).headers["x-cart-token"]
    assert await browser().quantities(X_Cart_Token=token) == {"A-1": 3}
    stranger = browser()
    await stranger.add(shop.sell("B-1"))
    assert await stranger.quantities(X_Cart_Token=token) == {"A-1": 3}
    assert await stranger.quantities() == {"B-1": 1}


async def test_every_look_keeps_the_cart_for_another_while(browser, shop, app, servers):
    guest = browser()
    token = (await guest.add(shop.sell("A-1"))).headers["x-cart-token"]
    key = f"cart:{{{guest.tenant}/guest/{token.partition('.')[0]}}}"
    async with Redis.from_url(servers.url("valkey"), protocol=2) as valkey:
        await valkey.expire(key, 100)
        look = await guest.call("GET", "/v1/cart")
        assert await valkey.ttl(key) > 2_591_000
    assert "Max-Age=2592000" in cookie_of(look)


async def test_a_members_cart_is_kept_for_good_and_an_empty_one_is_not(member, shop, servers):
    someone = member()
    key = f"cart:{{{someone.tenant}/member/{someone.id}}}"
    async with Redis.from_url(servers.url("valkey"), protocol=2) as valkey:
        await someone.add(shop.sell("A-1"))
        assert await valkey.ttl(key) == -1
        await someone.call("DELETE", "/v1/cart")
        assert await valkey.ttl(key) > 0
        await someone.add("A-1")
        assert await valkey.ttl(key) == -1
        marks = [name async for name in valkey.scan_iter(key + ":*")]
        assert len(marks) == 3
        assert all([0 < await valkey.ttl(mark) <= 60 for mark in marks])


async def test_a_token_that_was_not_given_out_opens_nothing(browser, shop, other_tenant):
    guest = browser()
    token = (await guest.add(shop.sell("A-1"))).headers["x-cart-token"]
    id, _, seal = token.partition(".")
    elsewhere = browser(tenant=other_tenant)
    for someone, forged in [
        (browser(), f"{id}.{seal[:-1]}{'0' if seal[-1] != '0' else '1'}"),
        (browser(), f"{secrets.token_urlsafe(16)}.{seal}"),
        (browser(), id),
        (browser(), f"{id}."),
        (browser(), "."),
        (elsewhere, token),
    ]:
        refused = await someone.call("GET", "/v1/cart", X_Cart_Token=forged)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "X-Cart-Token")
        # A browser cannot mend its cookie: it is given a new cart instead of an error.
        ignored = await someone.call("GET", "/v1/cart", Cookie=f"jangteo_cart={forged}")
        assert (ignored.status_code, ignored.json()["lines"]) == (200, [])
    added = await elsewhere.call(
        "POST", "/v1/cart/lines", {"sku": "A-1", "quantity": 1}, Cookie=f"jangteo_cart={token}"
    )
    assert added.headers["x-cart-token"] != token
    assert await guest.quantities() == {"A-1": 1}


@pytest.mark.parametrize("path", ["/v1/cart", "/v1/cart/lines/A-1"])
async def test_removing_from_no_cart_makes_none(browser, path):
    answer = await browser().call("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"version": 0, "line_count": 0, "pieces": 0})
    assert "set-cookie" not in answer.headers
