"""What carts and orders are told of a SKU: the price of this moment and the pieces of this moment."""

import msgspec
import pytest

from jangteo.contracts.product import Offers


@pytest.fixture
def ask(app, tenant, caller, identity_of):
    """Asks as another service."""
    one = caller()

    async def ask(*skus, service="cart", tenant=tenant):
        token = identity_of(service).token(tenant)
        return await one.call("POST", "/internal/offers", {"skus": list(skus)}, X_Service_Identity=token)

    return ask


async def offers(ask, *skus, **more):
    answer = await ask(*skus, **more)
    assert answer.status_code == 200, answer.text
    return {offer.sku: offer for offer in msgspec.json.decode(answer.content, type=Offers).offers}


async def test_an_offer_has_all_that_an_order_line_keeps(ask, staff, make_product, take_in):
    product = await make_product(
        staff,
        name="셔츠",
        options=[
            {
                "code": "colour",
                "name": {"ko": "색상", "en": "Colour"},
                "values": [{"code": "black", "ko": "블랙", "en": "Black"}],
            },
            {"code": "size", "name": {"ko": "사이즈"}, "values": [{"code": "l", "ko": "L"}]},
        ],
        variants=[
            {
                "sku": "SHIRT-1",
                "price": 9_000,
                "list_price": 12_000,
                "weight_grams": 210,
                "choice": {"colour": "black", "size": "l"},
            }
        ],
        max_per_order=5,
    )
    await take_in(staff, product, "SHIRT-1", 4)
    offer = (await offers(ask, "SHIRT-1", "NO-SUCH", "SHIRT-1"))["SHIRT-1"]
    assert str(offer.product_id) == product["id"]
    assert (offer.name_ko, offer.name_en, offer.option) == ("셔츠", "Test thing", "블랙 / L")
    assert (offer.price, offer.list_price, offer.currency, offer.weight_grams) == (9_000, 12_000, "KRW", 210)
    assert (offer.available, offer.purchasable, offer.max_per_order) == (4, True, 5)


async def test_the_quantity_is_that_of_this_moment(ask, staff, make_product, take_in):
    product = await make_product(staff, sku="NOW-1")
    assert not (await offers(ask, "NOW-1"))["NOW-1"].purchasable
    for taken, expected in ((100, 100), (1, 101)):
        await take_in(staff, product, "NOW-1", taken)
        assert (await offers(ask, "NOW-1"))["NOW-1"].available == expected


async def test_a_new_price_is_offered_and_an_archived_thing_is_not_sold(ask, staff, make_product, take_in, wait_until):
    product = await make_product(staff, sku="PRICE-1")
    await take_in(staff, product, "PRICE-1", 5)
    assert (await offers(ask, "PRICE-1"))["PRICE-1"].price == 10_000
    names = ("name_ko", "category", "status", "slug")
    changed = {name: product[name] for name in names} | {"variants": [{"sku": "PRICE-1", "price": 8_000}]}
    await staff.call("PUT", f"/v1/products/{product['id']}", changed, If_Match='"1"')

    async def seen():
        offer = (await offers(ask, "PRICE-1"))["PRICE-1"]
        return offer.price, offer.purchasable

    await wait_until(seen, (8_000, True))
    await staff.call("POST", f"/v1/products/{product['id']}/archive")
    await wait_until(seen, (8_000, False))


async def test_a_draft_and_another_shops_thing_are_unknown(ask, staff, make_product, other_tenant):
    await make_product(staff, sku="DRAFT-1", status="draft")
    await make_product(staff, sku="MINE-1")
    assert await offers(ask, "DRAFT-1") == {}
    assert list(await offers(ask, "MINE-1")) == ["MINE-1"]
    assert await offers(ask, "MINE-1", tenant=other_tenant) == {}


async def test_only_services_are_told(ask, shopper, staff):
    for one, status in ((shopper, 401), (staff, 403)):
        assert (await one.call("POST", "/internal/offers", {"skus": []})).status_code == status
    assert (await ask(*map(str, range(101)))).status_code == 422
    assert (await ask()).json() == {"offers": []}


@pytest.mark.parametrize(
    ("method", "body", "status", "code"),
    [
        ("POST", "{", 400, "body.malformed"),
        ("POST", "{}", 422, "field.missing"),
        ("POST", '{"skus": [7]}', 422, "field.type"),
        ("POST", '{"skus": [], "more": 1}', 422, "field.unknown"),
        ("POST", '{"skus": ["' + "x" * 200_000 + '"]}', 413, "body.too_large"),
        ("GET", "", 405, "method.not_allowed"),
    ],
)
async def test_a_question_that_is_none_is_refused_by_name(caller, identity_of, tenant, method, body, status, code):
    headers = {"X-Service-Identity": identity_of("cart").token(tenant)}
    answer = await caller().http.request(method, "/internal/offers", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
