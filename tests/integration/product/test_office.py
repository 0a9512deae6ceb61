"""What staff look at: all products whatever their status, what runs low, and what goes on sale by itself."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from jangteo.product.catalogue import register
from jangteo.product.catalogue.publishing import fill_registers

LIST = "/v1/catalogue/products"
PATHS = [LIST, f"{LIST}/{{id}}", "/v1/catalogue/categories", "/v1/catalogue/low-stock"]


async def pages(staff, path, **query):
    cursor, found = "", []
    while cursor is not None:
        page = await staff.get(path, cursor=cursor, **query)
        found += page["items"]
        cursor = page["next_cursor"]
    return found


async def test_every_product_is_listed_once_in_any_status_the_newest_first(staff, make_product, take_in):
    made = [await make_product(staff, name=f"물건 {n}", status="draft" if n % 2 else "published") for n in range(5)]
    await take_in(staff, made[0], made[0]["variants"][0]["sku"], 7)
    found = await pages(staff, LIST, size=2)
    assert [row["product_id"] for row in found] == [product["id"] for product in reversed(made)]
    assert [row["status"] for row in found] == ["published", "draft", "published", "draft", "published"]
    assert (found[-1]["on_hand"], found[-1]["available"], found[0]["on_hand"]) == (7, 7, 0)
    assert len(await pages(staff, LIST, size=1, status="draft")) == 2


async def test_a_product_is_found_by_words_of_its_names_brand_sku_and_slug(staff, make_product):
    brand = {"code": "acme", "ko": "아크메", "en": "Acme"}
    product = await make_product(staff, name="대나무 도시락통", sku="Bento-77", brand=brand, slug="bamboo-box")
    await make_product(staff, name="유리 도시락통")
    for words in ("대나무", "도시락 대나무", "bento-77", "ACME", "bamboo-b", "test thing 77"):
        assert [row["product_id"] for row in await pages(staff, LIST, q=words)] == [product["id"]], words
    assert await pages(staff, LIST, q="대나무 유리") == []


async def test_a_category_lists_what_lies_inside_it_too(staff, make_product):
    for slug, parent in (("top", None), ("inner", "top"), ("other", None)):
        await staff.call("POST", "/v1/categories", {"slug": slug, "name_ko": slug, "parent": parent})
    made = [await make_product(staff, category=slug) for slug in ("top", "inner", "other")]
    found = await pages(staff, LIST, category="top")
    assert [row["product_id"] for row in found] == [made[1]["id"], made[0]["id"]]
    assert (await staff.call("GET", f"{LIST}?category=nowhere")).status_code == 404


async def test_staff_read_a_draft_as_it_was_written_and_may_send_it_back_unchanged(staff, shopper, make_product):
    written = {
        "name_ko": "초안",
        "description_ko": "설명",
        "description_en": "Told",
        "options": [{"code": "size", "name": {"ko": "크기"}, "values": [{"code": "s", "ko": "작음"}]}],
        "variants": [{"sku": f"D-{uuid.uuid4().hex[:6]}", "price": 5, "choice": {"size": "s"}}],
        "attributes": [{"code": "origin", "name": {"ko": "원산지"}, "value": {"code": "kr", "ko": "한국"}}],
        "tags": ["새것"],
        "tax_free": True,
        "status": "draft",
    }
    product = await make_product(staff, **written)
    assert (await shopper.call("GET", f"/v1/products/{product['id']}")).status_code == 404
    answer = await staff.call("GET", f"{LIST}/{product['id']}")
    read = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert read["description_en"] == "Told"
    own = ("id", "number", "version", "former_slugs", "created_at", "changed_at")
    sent = {name: value for name, value in read.items() if name not in own}
    answer = await staff.call("PUT", f"/v1/products/{product['id']}", sent, If_Match='"1"')
    assert answer.status_code == 200, answer.text
    assert {**answer.json(), "version": 1, "changed_at": read["changed_at"]} == read


async def test_who_edits_a_stale_product_is_shown_all_of_the_fresh_one(staff, make_product):
    product = await make_product(staff)
    body = {"name_ko": "둘째", "category": "things", "variants": product["variants"], "description_ko": "새 설명"}
    await staff.call("PUT", f"/v1/products/{product['id']}", body, If_Match='"1"')
    stale = await staff.call("PUT", f"/v1/products/{product['id']}", body, If_Match='"1"')
    current = stale.json()["params"]["current"]
    assert (stale.status_code, current["description_ko"], current["version"]) == (409, "새 설명", 2)


async def test_a_stale_edit_of_a_category_shows_the_fresh_one(staff):
    await staff.call("POST", "/v1/categories", {"slug": "hats", "name_ko": "모자"})
    await staff.call("PUT", "/v1/categories/hats", {"name_ko": "쓰는 것"}, If_Match='"1"')
    stale = await staff.call("PUT", "/v1/categories/hats", {"name_ko": "갓"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["params"]["current"]["name_ko"]) == (409, "쓰는 것")
    assert (await staff.get("/v1/catalogue/categories"))["items"] == [
        {"slug": "hats", "name_ko": "쓰는 것", "name_en": "", "parent": None, "position": 0, "version": 2}
    ]


async def test_a_draft_goes_on_sale_at_its_time_and_not_before(staff, shopper, make_product, wait_until):
    now = datetime.now(UTC)
    later = await make_product(staff, status="draft", publish_at=(now + timedelta(hours=1)).isoformat())
    soon = await make_product(staff, status="draft", publish_at=(now + timedelta(seconds=1)).isoformat())

    async def statuses():
        return [(await shopper.call("GET", f"/v1/products/{one['id']}")).status_code for one in (soon, later)]

    assert (await statuses())[0] == 404
    await wait_until(statuses, [200, 404])
    published = await staff.get(f"{LIST}/{soon['id']}")
    assert (published["status"], published["publish_at"], published["version"]) == ("published", None, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "published", "publish_at": "2030-01-01T00:00:00Z"},
        {"status": "draft", "publish_at": "0001-01-01T00:00:00+14:00"},
        {"status": "draft", "publish_at": "9999-12-31T23:59:59-14:00"},
        {"status": "draft", "publish_at": "2030-01-01T00:00:00"},
    ],
)
async def test_a_time_that_cannot_be_is_refused_by_its_field(staff, changed):
    body = {"name_ko": "x", "category": "things", "variants": [{"sku": "A", "price": 1}]}
    answer = await staff.call("POST", "/v1/products", body | changed)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "publish_at")


async def test_what_runs_low_is_listed_the_fewest_first(staff, make_product, take_in):
    for sku, quantity in (("LOW-A", 3), ("LOW-B", 0), ("LOW-C", 3), ("LOW-D", 50)):
        product = await make_product(staff, sku=sku)
        if quantity:
            await take_in(staff, product, sku, quantity)
    await make_product(staff, sku="LOW-DRAFT", status="draft")
    found = await pages(staff, "/v1/catalogue/low-stock", size=1)
    assert [(row["sku"], row["available"]) for row in found] == [("LOW-B", 0), ("LOW-A", 3), ("LOW-C", 3)]
    assert len(await pages(staff, "/v1/catalogue/low-stock", threshold=50)) == 4
    bad = await staff.call("GET", "/v1/catalogue/low-stock?cursor=x")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_shop_from_before_the_register_is_entered_once(staff, make_product, catalogue, database, tenant):
    product = await make_product(staff)
    async with database.transaction(tenant) as transaction:
        await transaction.execute("DELETE FROM products WHERE tenant = $1", tenant)
    assert await fill_registers(catalogue, database, (tenant,)) == 1
    assert await fill_registers(catalogue, database, (tenant,)) == 0
    assert [row.product_id.hex for row in await register.page(database, tenant, register.Wanted())] == [
        uuid.UUID(product["id"]).hex
    ]


async def test_an_older_version_that_comes_late_changes_nothing(staff, make_product, catalogue, database, tenant):
    product = await make_product(staff, name="첫째")
    (old,) = await catalogue.by_ids(tenant, [uuid.UUID(product["id"])])
    body = {"name_ko": "둘째", "category": "things", "variants": product["variants"]}
    await staff.call("PUT", f"/v1/products/{product['id']}", body, If_Match='"1"')
    async with database.transaction(tenant) as transaction:
        await register.enter(transaction, [old])
    assert [row["name_ko"] for row in await pages(staff, LIST)] == ["둘째"]


@pytest.mark.parametrize("path", PATHS)
async def test_only_staff_with_a_permission_may_look(staff, caller, make_product, path):
    product = await make_product(staff)
    for scope, status in ((None, 401), ("", 403), ("orders.manage", 403), ("stock.manage", 200)):
        assert (await caller(scope=scope).call("GET", path.format(**product))).status_code == status


async def test_another_shops_products_are_on_no_list_here(staff, caller, make_product, other_tenant):
    product = await make_product(staff)
    stranger = caller(tenant=other_tenant, scope="products.manage stock.manage")
    assert (await stranger.call("GET", f"{LIST}/{product['id']}")).status_code == 404
    for path in (LIST, "/v1/catalogue/categories", "/v1/catalogue/low-stock"):
        assert (await stranger.get(path))["items"] == []
