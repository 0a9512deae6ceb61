"""What wishlists are told of products: the card of this moment, and of what is archived its name still."""

import uuid

import msgspec
import pytest

from jangteo.contracts.product import Glances


@pytest.fixture
def glance(app, tenant, caller, identity_of):
    """Asks as the cart service; returns what is told by id."""
    one = caller()

    async def ask(*ids, language="ko", tenant=tenant):
        headers = {"X_Service_Identity": identity_of("cart").token(tenant)}
        answer = await one.call("POST", "/internal/glances", {"ids": list(ids), "language": language}, **headers)
        assert answer.status_code == 200, answer.text
        return {str(item.id): item for item in msgspec.json.decode(answer.content, type=Glances).items}

    return ask


async def test_a_glance_is_the_card_of_the_language(glance, staff, make_product, take_in, wait_until):
    product = await make_product(staff, name="셔츠", sku="GLANCE-1")
    unknown = str(uuid.uuid4())
    ko = await glance(product["id"], unknown, product["id"])
    assert list(ko) == [product["id"]]
    assert (ko[product["id"]].name, ko[product["id"]].price, ko[product["id"]].on_sale) == ("셔츠", 10_000, True)
    assert (await glance(product["id"], language="en"))[product["id"]].name == "Test thing"
    await take_in(staff, product, "GLANCE-1", 50)

    async def available():
        return (await glance(product["id"]))[product["id"]].available

    await wait_until(available, True)


async def test_what_is_archived_keeps_its_name_and_is_not_on_sale(glance, staff, make_product, take_in, wait_until):
    product = await make_product(staff, name="코트", sku="GLANCE-2")
    await take_in(staff, product, "GLANCE-2", 5)
    assert (await glance(product["id"]))[product["id"]].on_sale
    await staff.call("POST", f"/v1/products/{product['id']}/archive")

    async def seen():
        told = (await glance(product["id"]))[product["id"]]
        return told.name, told.on_sale, told.available

    await wait_until(seen, ("코트", False, False))


async def test_a_draft_and_another_shops_product_are_not_told(glance, staff, make_product, other_tenant):
    draft = await make_product(staff, sku="GLANCE-3", status="draft")
    mine = await make_product(staff, sku="GLANCE-4")
    assert await glance(draft["id"]) == {}
    assert await glance(mine["id"], tenant=other_tenant) == {}


async def test_only_services_are_told_and_only_of_a_hundred(caller, identity_of, staff, shopper, tenant):
    for one, status in ((shopper, 401), (staff, 403)):
        answer = await one.call("POST", "/internal/glances", {"ids": [], "language": "ko"})
        assert answer.status_code == status
    asked = {"ids": [str(uuid.uuid4()) for _ in range(101)], "language": "ko"}
    headers = {"X_Service_Identity": identity_of("cart").token(tenant)}
    answer = await caller().call("POST", "/internal/glances", asked, **headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "glances.too_many")
