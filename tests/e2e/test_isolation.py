"""Another member's things and another shop's things are not there: on every endpoint that takes an id."""

import json
import secrets

import pytest
from endpoints import Requests, rows_of_ones_own

from jangteo.stack.buyer import ADDRESS, PASSWORD, Buyer, Refused

CARD = "4242424242424242"


@pytest.fixture(scope="module")
async def belongings(mall, web, owner):
    """What one member of the demo shop owns: ids of everything that has one."""
    member = Buyer(mall.url, session=web)
    await member.sign_up()
    address = await member.call("POST", "/v1/members/me/addresses", ADDRESS)
    for card in await member.products(size=24):
        product = await member.product(card["id"])
        skus = [variant["sku"] for variant in product["variants"] if variant["available"]]
        if skus:
            break
    order = await member.place_order(await member.tokenise(CARD), lines=[{"sku": skus[0], "quantity": 1}])
    order = await member.wait_for(order["order_id"], {"shipped", "delivered"}, seconds=60)
    payments = await member.call("GET", f"/v1/payments?order_id={order['order_id']}")
    shipments = await member.call("GET", f"/v1/shipments?order_id={order['order_id']}")
    leaver = Buyer(mall.url, session=web)
    await leaver.sign_up()
    withdrawal = await leaver.call("POST", "/v1/members/me/withdrawal", {"password": PASSWORD})
    export = await member.call("POST", "/v1/members/me/exports")
    sessions = await member.call("GET", "/v1/members/me/sessions")
    return {
        "sessions": sessions["items"][0]["id"],
        "messages": (await member.call("GET", "/v1/notifications"))["items"][0]["id"],
        "imports": await imported(mall, web, owner),
        "exports": export["id"],
        "withdrawals": withdrawal["id"],
        "member": member,
        "members": member.member["id"],
        "orders": order["order_id"],
        "addresses": address["id"],
        "payments": payments["items"][0]["id"],
        "shipments": shipments["items"][0]["id"],
        "products": product["id"],
        "sku": skus[0],
    }


async def imported(mall, web, owner):
    """Return the id of an import of the shop's; there is nothing in it that could be taken over."""
    sent = {"Authorization": f"Bearer {owner.tokens['access_token']}", "Idempotency-Key": secrets.token_hex(8)}
    sheet = b"product,sku\nno-price,NO-PRICE"
    async with web.post(f"{mall.url}/v1/catalogue/imports", data=sheet, headers=sent) as answer:
        return (await answer.json())["id"]


@pytest.fixture(scope="module")
async def requests(owner):
    return Requests(await owner.call("GET", "/openapi.json"))


@pytest.fixture(scope="module")
async def strangers(mall, web):
    """Somebody else of the same shop, somebody of another, and who may do everything there."""
    found = {who: Buyer(mall.url, session=web, tenant=tenant) for who, tenant in STRANGERS.items()}
    for who, stranger in found.items():
        if who == "another shop's owner":
            await stranger.log_in(
                *next(
                    (one["email"], one["password"])
                    for one in mall.accounts()
                    if one["tenant"] == "other" and one["role"] == "owner"
                )
            )
        else:
            await stranger.sign_up()
    return found


STRANGERS = {"another member": "", "another shop's member": "other", "another shop's owner": "other"}
# An edit names the version that it is meant for; with none it would be refused before anything is looked for.
EDITION = {"If-Match": '"1"'}
OF_SIGNING_UP = ("member.welcome", "account.verify_email")
OF_THE_SHOP = [
    ("GET", "/v1/products/{products}", None),
    ("POST", "/v1/cart/lines", {"sku": "{sku}", "quantity": 1}),
]


def filled(value, ids):
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    return value.format(**ids) if isinstance(value, str) else value


@pytest.mark.parametrize("row", rows_of_ones_own(), ids=lambda row: row.name)
@pytest.mark.parametrize("who", ["another member", "another shop's member", "another shop's owner"])
async def test_a_strangers_ids_lead_nowhere(strangers, belongings, requests, row, who):
    """Every row of the route table that names a thing by its id, also the one that is added tomorrow."""
    folder = requests.folder_of_id(row)
    if folder is None:
        pytest.skip("named by a word that the shop chose, not by an id")
    assert folder in belongings, f"say in `belongings` how a member comes by one of {folder}, for {row.name}"
    call = requests.call(row, belongings)
    body = json.loads(call.body) if call.body else None
    with pytest.raises(Refused) as refusal:
        await strangers[who].call(call.method, call.path, body, key=secrets.token_hex(8), headers=EDITION)
    allowed = (404,) if who == "another shop's owner" else (403, 404)
    assert refusal.value.status in allowed, refusal.value


@pytest.mark.parametrize(("method", "path", "body"), OF_THE_SHOP)
async def test_another_shops_goods_are_not_on_this_shops_shelves(buyer_of, belongings, method, path, body):
    stranger = buyer_of(tenant="other")
    await stranger.sign_up()
    with pytest.raises(Refused) as refusal:
        await stranger.call(method, filled(path, belongings), filled(body, belongings))
    assert refusal.value.status in (404, 422)


async def test_lists_hold_ones_own_things_only(buyer_of, belongings):
    for tenant in ("", "other"):
        stranger = buyer_of(tenant=tenant)
        await stranger.sign_up()
        for path in ("/v1/orders", "/v1/notifications", "/v1/members/me/addresses"):
            items = (await stranger.call("GET", path))["items"]
            assert all(item.get("template") in OF_SIGNING_UP for item in items), (path, items)
        for path in ("/v1/payments", "/v1/shipments"):
            answer = await stranger.call("GET", f"{path}?order_id={belongings['orders']}")
            assert answer["items"] == []


async def test_a_token_of_one_shop_opens_nothing_in_another(buyer_of, belongings):
    stranger = buyer_of(tenant="other")
    stranger.tokens = belongings["member"].tokens
    for path in ("/v1/orders", "/v1/members/me", "/v1/cart"):
        with pytest.raises(Refused) as refusal:
            await stranger.call("GET", path)
        assert refusal.value.status == 401


async def test_a_member_of_one_shop_cannot_log_in_at_another(buyer_of, belongings):
    with pytest.raises(Refused) as refusal:
        await buyer_of(tenant="other").log_in(belongings["member"].email, PASSWORD)
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/products", {"name_ko": "x", "category": "digital", "variants": [{"sku": "X", "price": 1}]}),
        ("POST", "/v1/products/{products}/stock-movements", {"sku": "{sku}", "delta": 5, "reason": "incoming"}),
        ("GET", "/v1/products/{products}/stock-movements", None),
        ("GET", "/v1/roles", None),
        ("POST", "/v1/roles", {"name": "mine", "permissions": ["roles.manage"]}),
        ("PUT", "/v1/members/{own}/roles", {"roles": ["owner"]}),
        ("POST", "/v1/payments/{payments}/refunds", {"amount": 100, "reason": "x"}),
    ],
)
async def test_what_staff_may_do_members_may_not(belongings, method, path, body):
    member = belongings["member"]
    ids = {**belongings, "own": member.member["id"]}
    with pytest.raises(Refused) as refusal:
        await member.call(method, filled(path, ids), filled(body, ids), key=secrets.token_hex(8))
    assert refusal.value.status in (403, 404)
