"""A cart as its owner sees it: what goes in, what is refused, and what the catalogue says about it today."""

import asyncio

import pytest


async def test_a_guest_fills_a_cart_and_finds_it_again(browser, shop):
    guest = browser()
    added = await guest.add(shop.sell("A-1", price=12_000), 2)
    assert added.status_code == 201
    body = added.json()
    assert (body["line_count"], body["pieces"]) == (1, 2)
    assert (body["line"]["sku"], body["line"]["quantity"], body["line"]["subtotal"]) == ("A-1", 2, 24_000)
    cart = await guest.cart()
    assert cart["version"] == body["version"]
    assert (cart["subtotal"], cart["pieces"], cart["orderable"], cart["currency"]) == (24_000, 2, True, "KRW")
    [line] = cart["lines"]
    assert (line["name"], line["state"], line["price_change"], line["selected"]) == ("상품 A-1", "ok", None, True)
    assert (await browser(language="en").cart())["lines"] == []


async def test_the_language_of_the_caller_names_the_goods(browser, shop):
    guest = browser(language="en")
    await guest.add(shop.sell("A-1"))
    assert (await guest.cart())["lines"][0]["name"] == "Product A-1"


async def test_putting_something_in_asks_the_catalogue_once_and_only_about_that(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1"))
    shop.asked.clear()
    await guest.add(shop.sell("B-1"))
    assert shop.asked == [["B-1"]]


async def test_looking_at_nothing_asks_nobody_and_keeps_nothing(browser, shop):
    answer = await browser().call("GET", "/v1/cart")
    assert answer.json() == {
        "version": 0,
        "lines": [],
        "pieces": 0,
        "currency": "KRW",
        "subtotal": 0,
        "orderable": False,
    }
    assert "set-cookie" not in answer.headers
    assert shop.asked == []


async def test_equal_lines_combine_and_lines_keep_their_order(browser, shop):
    guest = browser()
    for sku in ("B-1", "A-1", "B-1", "C-1"):
        await guest.add(shop.sell(sku), 2)
    assert [(line["sku"], line["quantity"]) for line in (await guest.cart())["lines"]] == [
        ("B-1", 4),
        ("A-1", 2),
        ("C-1", 2),
    ]


async def test_no_more_than_there_is_goes_in(browser, shop):
    guest = browser(language="en")
    await guest.add(shop.sell("A-1", available=5), 3)
    answer = await guest.add("A-1", 3)
    assert answer.status_code == 409
    body = answer.json()
    assert (body["code"], body["errors"][0]["field"]) == ("stock.insufficient", "quantity")
    assert body["params"] == {"sku": "A-1", "available": 5, "in_cart": 3}
    assert "5 left" in body["detail"]
    assert await guest.quantities() == {"A-1": 3}


async def test_of_parallel_requests_no_more_goes_in_than_there_is(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1", available=10), 1)
    answers = await asyncio.gather(*(guest.add("A-1") for _ in range(30)))
    assert [answer.status_code for answer in answers].count(201) == 9
    assert await guest.quantities() == {"A-1": 10}


@pytest.mark.parametrize(
    ("offer", "status", "code"),
    [
        ({"max_per_order": 2}, 409, "cart.quantity_limit"),
        ({"available": 0, "purchasable": False}, 409, "stock.insufficient"),
        ({"purchasable": False}, 409, "product.not_for_sale"),
    ],
)
async def test_what_cannot_be_bought_does_not_go_in(browser, shop, offer, status, code):
    answer = await browser().add(shop.sell("A-1", **offer), 3)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"sku": "NOBODY-SELLS-THIS", "quantity": 1}, "sku", "sku.unknown"),
        ({"sku": "", "quantity": 1}, "sku", "field.bounds"),
        ({"sku": "가방", "quantity": 1}, "sku", "field.bounds"),
        ({"sku": "x" * 65, "quantity": 1}, "sku", "field.bounds"),
        ({"sku": 1, "quantity": 1}, "sku", "field.type"),
        ({"quantity": 1}, "sku", "field.missing"),
        ({"sku": "A-1", "quantity": 0}, "quantity", "field.bounds"),
        ({"sku": "A-1", "quantity": -5}, "quantity", "field.bounds"),
        ({"sku": "A-1", "quantity": 100}, "quantity", "field.bounds"),
        ({"sku": "A-1", "quantity": 10**30}, "quantity", "field.bounds"),
        ({"sku": "A-1", "quantity": 1.5}, "quantity", "field.type"),
        ({"sku": "A-1", "quantity": "2"}, "quantity", "field.type"),
        ({"sku": "A-1", "quantity": True}, "quantity", "field.type"),
        ({"sku": "A-1", "price": 1}, "price", "field.unknown"),
    ],
)
async def test_bad_input_names_the_field(browser, shop, body, field, code):
    shop.sell("A-1")
    for language, hangul in (("ko", True), ("en", False)):
        answer = await browser(language=language).call("POST", "/v1/cart/lines", body)
        assert answer.status_code == 422, answer.text
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert any("가" <= letter <= "힣" for letter in error["message"]) == hangul


async def test_a_cart_has_a_hundred_lines_and_a_line_has_ninety_nine_pieces(browser, shop):
    guest = browser()
    for number in range(100):
        assert (await guest.add(shop.sell(f"S-{number}"))).status_code == 201
    full = await guest.add(shop.sell("ONE-MORE"))
    assert (full.status_code, full.json()["code"]) == (409, "cart.line_limit")
    assert (await guest.add("S-5", 98)).status_code == 201
    assert (await guest.add("S-5", 1)).json()["code"] == "cart.quantity_limit"
    assert len((await guest.cart())["lines"]) == 100


async def test_the_cart_tells_what_changed_in_the_catalogue(browser, shop):
    guest = browser()
    for sku in ("UP", "DOWN", "SOLD-OUT", "FEW", "GONE", "OFF", "LIMIT", "SAME"):
        await guest.add(shop.sell(sku, price=10_000), 5)
    shop.sell("UP", price=11_000)
    shop.sell("DOWN", price=9_000)
    shop.sell("SOLD-OUT", available=0, purchasable=False)
    shop.sell("FEW", available=4)
    del shop.offers["GONE"]
    shop.sell("OFF", purchasable=False)
    shop.sell("LIMIT", max_per_order=4)
    cart = await guest.cart()
    told = {line["sku"]: (line["state"], line["price_change"]) for line in cart["lines"]}
    assert told == {
        "UP": ("ok", "up"),
        "DOWN": ("ok", "down"),
        "SOLD-OUT": ("sold_out", None),
        "FEW": ("too_few_left", None),
        "GONE": ("gone", None),
        "OFF": ("not_for_sale", None),
        "LIMIT": ("over_limit", None),
        "SAME": ("ok", None),
    }
    assert cart["subtotal"] == 5 * (11_000 + 9_000 + 10_000)
    assert not cart["orderable"]
    for sku in ("SOLD-OUT", "FEW", "GONE", "OFF", "LIMIT"):
        assert (await guest.call("PUT", f"/v1/cart/lines/{sku}", {"quantity": 1, "selected": False})).status_code == 200
    cart = await guest.cart()
    assert cart["orderable"]
    assert cart["subtotal"] == 5 * (11_000 + 9_000 + 10_000)


async def test_putting_more_in_at_the_new_price_settles_the_change(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1", price=10_000))
    shop.sell("A-1", price=12_000)
    assert (await guest.cart())["lines"][0]["price_change"] == "up"
    await guest.add("A-1")
    assert (await guest.cart())["lines"][0]["price_change"] is None


async def test_a_line_is_changed_ticked_and_removed(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1", price=1_000), 5)
    await guest.add(shop.sell("B-1", price=100), 1)
    changed = await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 3})
    assert (changed.status_code, changed.json()["pieces"], changed.json()["line"]["selected"]) == (200, 4, True)
    await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 3, "selected": False})
    assert (await guest.cart())["subtotal"] == 100
    removed = await guest.call("DELETE", "/v1/cart/lines/A-1")
    assert (removed.status_code, removed.json()["line_count"]) == (200, 1)
    again = await guest.call("DELETE", "/v1/cart/lines/A-1")
    assert (again.status_code, again.json()["version"]) == (200, removed.json()["version"])
    missing = await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 1})
    assert (missing.status_code, missing.json()["code"]) == (404, "cart.line_unknown")
    assert (await guest.call("DELETE", "/v1/cart")).json()["line_count"] == 0
    assert (await guest.cart())["lines"] == []


async def test_less_is_always_possible_and_more_only_as_far_as_there_is(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1"), 9)
    shop.sell("A-1", available=2, max_per_order=1)
    assert (await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 8})).status_code == 200
    short = await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 9})
    assert (short.status_code, short.json()["code"]) == (409, "stock.insufficient")
    del shop.offers["A-1"]
    assert (await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 1})).status_code == 200
    assert (await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 2})).status_code == 409


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_stale_tab_is_given_the_fresh_cart(browser, shop, method):
    guest = browser()
    seen = (await guest.add(shop.sell("A-1"), 2)).headers["etag"]
    await guest.add(shop.sell("B-1"), 1)
    body = {"quantity": 1} if method == "PUT" else None
    stale = await guest.call(method, "/v1/cart/lines/A-1", body, If_Match=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "cart.stale")
    fresh = stale.json()["params"]["cart"]
    assert fresh == await guest.cart()
    assert await guest.quantities() == {"A-1": 2, "B-1": 1}
    right = await guest.call(method, "/v1/cart/lines/A-1", body, If_Match=f'"{fresh["version"]}"')
    assert right.status_code == 200


async def test_of_two_tabs_with_the_same_version_one_wins(browser, shop):
    guest = browser()
    seen = (await guest.add(shop.sell("A-1"), 1)).headers["etag"]
    answers = await asyncio.gather(
        *(guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": n + 2}, If_Match=seen) for n in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


async def test_a_version_does_not_come_back_when_the_cart_was_emptied(browser, shop):
    guest = browser()
    seen = (await guest.add(shop.sell("A-1"))).headers["etag"]
    await guest.call("DELETE", "/v1/cart")
    await guest.add("A-1", 3)
    assert (await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 1}, If_Match=seen)).status_code == 409
    malformed = await guest.call("PUT", "/v1/cart/lines/A-1", {"quantity": 1}, If_Match="seven")
    assert (malformed.status_code, malformed.json()["errors"][0]["field"]) == (422, "If-Match")


async def test_the_same_request_under_one_key_counts_once(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1"))
    answers = await asyncio.gather(*(guest.add("A-1", 2, Idempotency_Key="k-1") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await guest.quantities() == {"A-1": 3}
    other = await guest.add("A-1", 5, Idempotency_Key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key.reused")
    assert (await guest.add("A-1", 2, Idempotency_Key="k-2")).json()["pieces"] == 5
    for bad in ("x" * 256, ""):
        assert (await guest.add("A-1", 1, Idempotency_Key=bad)).json()["errors"][0]["field"] == "Idempotency-Key"


async def test_without_the_catalogue_nothing_goes_in_and_nothing_is_lost(browser, shop):
    guest = browser()
    await guest.add(shop.sell("A-1"), 2)
    shop.away = True
    for answer in (await guest.add("A-1"), await guest.call("GET", "/v1/cart")):
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert int(answer.headers["retry-after"]) > 0
    shop.away = False
    assert await guest.quantities() == {"A-1": 2}


@pytest.mark.parametrize("sku", ["a%20b", "%00", "가", "x" * 200, "..%2f..", "A-1"])
async def test_lines_that_cannot_be_are_not_there(browser, shop, sku):
    guest = browser()
    await guest.add(shop.sell("B-1"))
    assert (await guest.call("PUT", f"/v1/cart/lines/{sku}", {"quantity": 1})).status_code == 404
    assert (await guest.call("DELETE", f"/v1/cart/lines/{sku}")).status_code in (200, 404)
    assert await guest.quantities() == {"B-1": 1}
