"""Staff look after the shop: what they change is seen at once, and two of them do not overwrite each other."""

import asyncio
import uuid

import pytest


async def total(shopper, **query):
    return (await shopper.get("/v1/products", size=1, **query))["total"]


def written(product, **changed):
    names = ("name_ko", "name_en", "category", "variants", "status", "slug")
    return {name: product[name] for name in names} | changed


async def test_a_published_product_is_found_by_everybody(staff, shopper, make_product, take_in, wait_until):
    product = await make_product(staff, name="대나무 도시락통", sku="BENTO-1")
    page = await shopper.get(f"/v1/products/{product['slug']}")
    assert (page["name"], page["available"], page["level"]) == ("대나무 도시락통", False, "out")
    await take_in(staff, product, "BENTO-1", 3)

    async def level():
        return (await shopper.get(f"/v1/products/{product['id']}"))["level"]

    await wait_until(level, "low")
    await wait_until(lambda: total(shopper, in_stock=True), 1)
    found = await shopper.get("/v1/search", q="대나무도시락통")
    assert [card["id"] for card in found["items"]] == [product["id"]]
    assert found["items"][0]["level"] == "low"


async def test_an_edit_is_seen_by_id_in_lists_and_in_search(staff, shopper, make_product, wait_until):
    product = await make_product(staff, name="초록 우산")
    await wait_until(lambda: total(shopper), 1)
    await shopper.get(f"/v1/products/{product['id']}")
    changed = written(product, name_ko="투명 우산", variants=[product["variants"][0] | {"price": 7_500}])
    answer = await staff.call("PUT", f"/v1/products/{product['id']}", changed, If_Match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')

    async def seen():
        page = await shopper.get(f"/v1/products/{product['id']}")
        cards = (await shopper.get("/v1/products"))["items"]
        found = (await shopper.get("/v1/search", q="투명 우산"))["how"]
        return page["name"], page["price"], [card["name"] for card in cards], found

    await wait_until(seen, ("투명 우산", 7_500, ["투명 우산"], "exact"))
    assert (await shopper.get("/v1/search", q="초록"))["total"] == 0


@pytest.mark.parametrize("status", ["archived", "draft"])
async def test_what_is_taken_off_the_shelves_vanishes_at_once(staff, shopper, make_product, wait_until, status):
    product, kept = await make_product(staff, name="사라질 우산"), await make_product(staff, name="남을 우산")
    await wait_until(lambda: total(shopper), 2)
    await shopper.get("/v1/search", q="우산")
    await shopper.get(f"/v1/products/{product['id']}")
    answer = await staff.call("PUT", f"/v1/products/{product['id']}", written(product, status=status), If_Match='"1"')
    assert answer.status_code == 200

    async def seen():
        page = await shopper.call("GET", f"/v1/products/{product['id']}")
        cards = (await shopper.get("/v1/search", q="우산"))["items"]
        return page.status_code, [card["id"] for card in cards]

    await wait_until(seen, (404, [kept["id"]]))


async def test_archiving_is_once_and_for_all_and_needs_no_body(staff, shopper, make_product):
    product = await make_product(staff)
    for _ in range(2):
        answer = await staff.call("POST", f"/v1/products/{product['id']}/archive")
        assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (200, "archived", 2)


async def test_of_two_editors_the_second_is_told_the_fresh_version(staff, caller, make_product):
    product = await make_product(staff)
    path, other = f"/v1/products/{product['id']}", caller(scope="products.manage")
    answers = await asyncio.gather(
        *(
            one.call("PUT", path, written(product, name_ko=f"이름 {number}"), If_Match='"1"')
            for number, one in enumerate((staff, other, staff, other))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    problem = next(answer for answer in answers if answer.status_code == 409).json()
    assert (problem["code"], problem["errors"][0]["field"]) == ("product.edited", "If-Match")
    assert problem["params"]["current"]["version"] == problem["params"]["version"] == 2


@pytest.mark.parametrize(
    ("header", "status"), [(None, 428), ('"1-abc123"', 200), ('W/"1"', 200), ('"x"', 422), ("*", 422), ('"9"', 409)]
)
async def test_an_edit_names_the_version_that_was_read(staff, make_product, header, status):
    product = await make_product(staff)
    headers = {} if header is None else {"If_Match": header}
    answer = await staff.call("PUT", f"/v1/products/{product['id']}", written(product), **headers)
    assert answer.status_code == status


async def test_an_old_address_leads_to_the_new_one(staff, shopper, make_product):
    product = await make_product(staff, slug="old-umbrella")
    await shopper.get("/v1/products/old-umbrella")
    await staff.call("PUT", f"/v1/products/{product['id']}", written(product, slug="새-우산"), If_Match='"1"')
    answer = await shopper.call("GET", "/v1/products/old-umbrella")
    while answer.status_code == 200:  # until the event has arrived
        await asyncio.sleep(0.02)
        answer = await shopper.call("GET", "/v1/products/old-umbrella")
    assert (answer.status_code, answer.headers["location"]) == (301, "/v1/products/%EC%83%88-%EC%9A%B0%EC%82%B0")
    newcomer = await make_product(staff, slug="old-umbrella")
    assert (await shopper.get("/v1/products/old-umbrella"))["id"] == newcomer["id"]


async def test_slugs_and_skus_are_one_products_only(staff, make_product):
    await make_product(staff, sku="ONCE-1", slug="once")
    body = {"name_ko": "x", "category": "things", "variants": [{"sku": "ONCE-2", "price": 1}]}
    taken = await staff.call("POST", "/v1/products", body | {"slug": "once"})
    assert (taken.status_code, taken.json()["code"]) == (409, "product.slug_taken")
    taken = await staff.call("POST", "/v1/products", body | {"variants": [{"sku": "ONCE-1", "price": 1}]})
    assert (taken.status_code, taken.json()["code"]) == (409, "product.sku_taken")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name_ko": ""}, "name_ko"),
        ({"name_ko": "a\u001fb"}, "name_ko"),
        ({"name_en": "a\u0000"}, "name_en"),
        ({"variants": []}, "variants"),
        ({"category": "nowhere"}, "category"),
        ({"colour": "red"}, "colour"),
        ({"variants": [{"sku": "A B", "price": 1}]}, "variants[0].sku"),
        ({"variants": [{"sku": "A", "price": -1}]}, "variants[0].price"),
        ({"variants": [{"sku": "A", "price": 10**12}]}, "variants[0].price"),
        ({"variants": [{"sku": "A", "price": 9, "list_price": 9}]}, "variants[0].list_price"),
        ({"variants": [{"sku": "A", "price": 9, "choice": {"colour": "red"}}]}, "variants[0].choice"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"status": "sold"}, "status"),
        ({"pictures": [{"name": "../x", "alt": {"ko": "x"}}]}, "pictures[0].name"),
    ],
)
async def test_a_bad_product_is_refused_by_its_field(staff, changed, field):
    body = {"name_ko": "x", "category": "nowhere", "variants": [{"sku": "A", "price": 1}]}
    answer = await staff.call("POST", "/v1/products", body | changed)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


ROUTES = [
    ("POST", "/v1/products"),
    ("PUT", "/v1/products/{id}"),
    ("POST", "/v1/products/{id}/archive"),
    ("POST", "/v1/categories"),
    ("PUT", "/v1/categories/things"),
    ("GET", "/v1/products/{id}/stock-movements"),
    ("POST", "/v1/products/{id}/stock-movements"),
]
BODIES = {
    "/v1/products": {"name_ko": "x", "category": "things", "variants": [{"sku": "A", "price": 1}]},
    "/v1/products/{id}": {"name_ko": "x", "category": "things", "variants": [{"sku": "A", "price": 1}]},
    "/v1/categories": {"slug": "x", "name_ko": "x"},
    "/v1/categories/things": {"name_ko": "x"},
    "/v1/products/{id}/stock-movements": {"sku": "A", "delta": 1, "reason": "incoming"},
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_staff_with_the_permission_may(staff, caller, make_product, method, path):
    product = await make_product(staff)
    body = BODIES.get(path) if method != "GET" else None
    for scope, status in ((None, 401), ("", 403), ("orders.manage", 403)):
        answer = await caller(scope=scope).call(
            method, path.format(**product), body, If_Match='"1"', Idempotency_Key="k"
        )
        assert answer.status_code == status


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{id}" in route[1]])
async def test_another_shops_product_is_not_there(staff, caller, make_product, other_tenant, method, path):
    product = await make_product(staff)
    stranger = caller(tenant=other_tenant, scope="products.manage stock.manage")
    await make_product(stranger)
    body = BODIES.get(path) if method != "GET" else None
    answer = await stranger.call(method, path.format(**product), body, If_Match='"1"', Idempotency_Key="k")
    assert answer.status_code == 404, answer.text


async def test_another_shops_goods_are_on_no_shelf_here(staff, caller, make_product, wait_until, shopper, other_tenant):
    product = await make_product(staff, name="비밀 우산", slug="secret-umbrella", sku="SECRET-1")
    await wait_until(lambda: total(shopper), 1)
    stranger = caller(tenant=other_tenant)
    for address in (product["id"], "secret-umbrella"):
        assert (await stranger.call("GET", f"/v1/products/{address}")).status_code == 404
    assert (await stranger.get("/v1/search", q="비밀 우산"))["total"] == 0
    assert (await stranger.get("/v1/search/suggestions", q="비밀"))["words"] == []


async def test_a_stock_movement_happens_once_for_its_key(staff, make_product, take_in):
    product = await make_product(staff, sku="MOVE-1")
    key = uuid.uuid4().hex
    first = await take_in(staff, product, "MOVE-1", 7, key)
    again = await take_in(staff, product, "MOVE-1", 7, key)
    assert first == again == {"sku": "MOVE-1", "on_hand": 7, "reserved": 0, "available": 7, "sold": 0}
    path = f"/v1/products/{product['id']}/stock-movements"
    body = {"sku": "MOVE-1", "delta": 8, "reason": "incoming"}
    assert (await staff.call("POST", path, body, Idempotency_Key=key)).status_code == 422
    assert (await staff.call("POST", path, body)).json()["errors"][0]["field"] == "Idempotency-Key"
    assert len((await staff.call("GET", path)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"sku": "BAD-1", "delta": -3, "reason": "damaged"}, 409, "delta"),
        ({"sku": "BAD-1", "delta": -1, "reason": "incoming"}, 422, "delta"),
        ({"sku": "BAD-1", "delta": 10**9, "reason": "incoming"}, 422, "delta"),
        ({"sku": "OTHER", "delta": 1, "reason": "incoming"}, 404, "sku"),
        ({"sku": "BAD-1", "delta": 1, "reason": "sold"}, 422, "delta"),
        ({"sku": "BAD-1", "delta": 1, "reason": "stolen"}, 422, "reason"),
    ],
)
async def test_a_bad_movement_is_refused_by_its_field(staff, make_product, take_in, body, status, field):
    sku = f"BAD-{uuid.uuid4().hex[:6]}"
    product = await make_product(staff, sku=sku)
    await take_in(staff, product, sku, 2)
    body = body | ({"sku": sku} if body["sku"] == "BAD-1" else {})
    answer = await staff.call(
        "POST", f"/v1/products/{product['id']}/stock-movements", body, Idempotency_Key=uuid.uuid4().hex
    )
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field


async def test_categories_are_added_renamed_and_moved_but_never_into_themselves(staff, shopper, make_product):
    for slug, parent in (("top", None), ("inner", "top"), ("elsewhere", None)):
        answer = await staff.call("POST", "/v1/categories", {"slug": slug, "name_ko": slug, "parent": parent})
        assert answer.status_code == 201
    assert (await staff.call("POST", "/v1/categories", {"slug": "top", "name_ko": "x"})).status_code == 409
    loop = await staff.call("PUT", "/v1/categories/top", {"name_ko": "x", "parent": "inner"})
    assert (loop.status_code, loop.json()["code"]) == (422, "category.loop")
    assert (await staff.call("PUT", "/v1/categories/nowhere", {"name_ko": "x"})).status_code == 404
    moved = await staff.call("PUT", "/v1/categories/inner", {"name_ko": "안쪽", "name_en": "In", "parent": "elsewhere"})
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    tree = {top["slug"]: top for top in (await shopper.get("/v1/categories"))["items"]}
    assert tree["top"]["children"] == []
    assert [inner["name"] for inner in tree["elsewhere"]["children"]] == ["안쪽"]


async def test_a_renamed_category_is_shown_by_its_products(staff, shopper, make_product, wait_until):
    await staff.call("POST", "/v1/categories", {"slug": "hats", "name_ko": "모자"})
    product = await make_product(staff, category="hats")
    await shopper.get(f"/v1/products/{product['id']}")
    await staff.call("PUT", "/v1/categories/hats", {"name_ko": "쓰는 것"})

    async def breadcrumb():
        return (await shopper.get(f"/v1/products/{product['id']}"))["breadcrumbs"][0]["name"]

    await wait_until(breadcrumb, "쓰는 것")
