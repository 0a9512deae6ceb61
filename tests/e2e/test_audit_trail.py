"""Whatever staff do through the gateway is in the audit trail, and the command proves that nobody touched it."""

import asyncio
import base64
import csv
import io
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import asyncpg
import pytest

from jangteo.gateway.routes import ROUTES
from jangteo.kit.postgres import open_database
from jangteo.stack.buyer import PASSWORD, Buyer, Refused

CARD = "4242424242424242"
WHY = {"reason": "=HYPERLINK(1) 고객이 전화로 요청"}
CATEGORY = {"slug": "{new}", "name_ko": "감사", "name_en": "Audited"}
PRODUCT = {
    "name_ko": "감사 상품",
    "name_en": "Audited",
    "category": "{category}",
    "variants": [{"sku": "{new_sku}", "price": 1000}],
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGUlEQVR42mNkZGJmIAUwMZAIRjWMahg6GgBGYgAmOSrK0wAAAABJRU5ErkJggg=="
)
GRADE = {"code": "plain", "name_ko": "기본", "name_en": "Plain", "threshold": 0}
# For each route that asks for a permission: a call of it that succeeds, and whether it is about a person.
CALLS = {
    "GET /v1/orders": ("/v1/orders?member_id={member}", None, True),
    "GET /v1/orders/{id}": ("/v1/orders/{order}", None, True),
    "GET /v1/orders/{id}/events": ("/v1/orders/{order}/events", None, True),
    "POST /v1/orders/{id}/cancellation": ("/v1/orders/{unpaid}/cancellation", {"reason": "재고 파손"}, True),
    "POST /v1/orders/{id}/address-disclosure": ("/v1/orders/{order}/address-disclosure", WHY, True),
    "GET /v1/payments": ("/v1/payments?order_id={order}", None, True),
    "GET /v1/payments/{id}": ("/v1/payments/{payment}", None, True),
    "GET /v1/payments/{id}/ledger": ("/v1/payments/{payment}/ledger", None, True),
    "POST /v1/payments/{id}/refunds": ("/v1/payments/{payment}/refunds", {"amount": 100, "reason": "흠집"}, True),
    "GET /v1/shipments": ("/v1/shipments?order_id={order}", None, True),
    "GET /v1/shipments/{id}": ("/v1/shipments/{shipment}", None, True),
    "POST /v1/shipments/{id}/address-disclosure": ("/v1/shipments/{shipment}/address-disclosure", WHY, True),
    "GET /v1/permissions": ("/v1/permissions", None, False),
    "GET /v1/roles": ("/v1/roles", None, False),
    "POST /v1/roles": ("/v1/roles", {"name": "{new}", "permissions": []}, False),
    "PUT /v1/roles/{name}": ("/v1/roles/{new}", {"permissions": ["orders.read"]}, False),
    "DELETE /v1/roles/{name}": ("/v1/roles/{new}", None, False),
    "GET /v1/members/{id}/roles": ("/v1/members/{member}/roles", None, True),
    "PUT /v1/members/{id}/roles": ("/v1/members/{member}/roles", {"roles": []}, True),
    "GET /v1/members": ("/v1/members", None, False),
    "POST /v1/members/search": ("/v1/members/search", {"email": "{email}"}, True),
    "GET /v1/members/{id}/profile": ("/v1/members/{member}/profile", None, True),
    "POST /v1/members/{id}/profile-disclosure": ("/v1/members/{member}/profile-disclosure", WHY, True),
    "POST /v1/consent-texts": (
        "/v1/consent-texts",
        {
            **{"purpose": "night_advertising", "version": "{new}"},
            **{"ko": {"title": "야간", "body": "야간"}, "en": {"title": "Night", "body": "Night"}},
        },
        False,
    ),
    "GET /v1/withdrawals/{id}": ("/v1/withdrawals/{withdrawal}", None, True),
    "POST /v1/legal-records/search": (
        "/v1/legal-records/search",
        {"service": "order", "purpose": "contract_payment", "reason": "asked by the court"},
        False,
    ),
    "GET /v1/messages": ("/v1/messages?member_id={member}", None, True),
    "GET /v1/messages/{id}": ("/v1/messages/{message}", None, True),
    "GET /v1/system/services": ("/v1/system/services", None, False),
    "GET /v1/system/queues": ("/v1/system/queues", None, False),
    "GET /v1/system/queues/{group}/parked": ("/v1/system/queues/order/parked", None, False),
    "POST /v1/system/queues/{group}/replays": ("/v1/system/queues/order/replays", {}, False),
    "POST /v1/system/queues/{group}/discards": (
        "/v1/system/queues/order/discards",
        {"ids": ["00000000-0000-7000-8000-000000000000"], "reason": "asked for by nobody"},
        False,
    ),
    "PUT /v1/member-grades": ("/v1/member-grades", {"items": [GRADE], "span_days": 30}, False),
    "POST /v1/categories": ("/v1/categories", CATEGORY, False),
    "PUT /v1/categories/{id}": ("/v1/categories/{new}", {"name_ko": "감사함", "name_en": "Audited"}, False),
    "POST /v1/products": ("/v1/products", PRODUCT, False),
    "PUT /v1/products/{id}": ("/v1/products/{new_product}", PRODUCT, False),
    "POST /v1/products/{id}/archive": ("/v1/products/{new_product}/archive", None, False),
    "GET /v1/products/{id}/stock-movements": ("/v1/products/{product}/stock-movements", None, False),
    "POST /v1/products/{id}/stock-movements": (
        "/v1/products/{product}/stock-movements",
        {"sku": "{sku}", "delta": 1, "reason": "incoming", "reference": "audit"},
        False,
    ),
    "GET /v1/catalogue/low-stock": ("/v1/catalogue/low-stock", None, False),
    "GET /v1/catalogue/products": ("/v1/catalogue/products?q=x", None, False),
    "GET /v1/catalogue/products/{id}": ("/v1/catalogue/products/{product}", None, False),
    "GET /v1/catalogue/categories": ("/v1/catalogue/categories", None, False),
    "POST /v1/catalogue/pictures": ("/v1/catalogue/pictures", PICTURE, False),
}
AUDITED = [route for route in ROUTES if route.permissions]


def filled(value, ids):
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return value.format(**ids) if isinstance(value, str) else value


@pytest.fixture(scope="module")
async def ids(mall, web, owner):
    """What a member owns, and what there is to manage; `new` is free for what the calls make."""
    member = Buyer(mall.url, session=web)
    await member.sign_up()
    for card in await member.products(size=24):
        product = await member.product(card["id"])
        skus = [variant["sku"] for variant in product["variants"] if variant["available"]]
        if skus:
            break
    lines = [{"sku": skus[0], "quantity": 1}]
    order = await member.place_order(await member.tokenise(CARD), lines=lines)
    unpaid = await member.place_order("", lines=lines)
    order = await member.wait_for(order["order_id"], {"shipped", "delivered"}, seconds=60)
    payments = await member.call("GET", f"/v1/payments?order_id={order['order_id']}")
    shipments = await member.call("GET", f"/v1/shipments?order_id={order['order_id']}")
    leaver = Buyer(mall.url, session=web)
    await leaver.sign_up()
    left = await leaver.call("POST", "/v1/members/me/withdrawal", {"password": PASSWORD})
    new = f"audited-{secrets.token_hex(4)}"
    return {
        **{"member": member.member["id"], "email": member.email, "sku": skus[0], "product": product["id"]},
        **{"order": order["order_id"], "unpaid": unpaid["order_id"], "new": new, "new_sku": new.upper()},
        **{"payment": payments["items"][0]["id"], "shipment": shipments["items"][0]["id"]},
        **{"leaver": leaver.member["id"], "withdrawal": left["id"]},
        "message": (await member.call("GET", "/v1/notifications"))["items"][0]["id"],
        "category": (await owner.call("GET", "/v1/categories"))["items"][0]["slug"],
    }


@pytest.fixture
def entries_of(mall, owner):
    """Read what the owner did, as one service wrote it down."""

    async def read(service):
        async with open_database(mall.site.database_url(service)) as database, database.read("demo") as reader:
            return await reader.fetch(
                "SELECT * FROM audit_entries WHERE tenant = 'demo' AND actor = $1 ORDER BY number",
                f"member:{owner.member['id']}",
            )

    return read


async def call(owner, web, route, path, body, etag):
    """Call as staff; of an endless answer the beginning is enough."""
    headers = {"If-Match": etag} if etag else {}
    if isinstance(body, bytes):
        sent = {"Authorization": f"Bearer {owner.tokens['access_token']}", "Idempotency-Key": secrets.token_hex(8)}
        async with web.request(route.method, owner._url + path, data=body, headers=sent) as answer:
            assert answer.status in (200, 201, 202), await answer.text()
        return None
    if not route.streams:
        return await owner.call(route.method, path, body, headers=headers, key=secrets.token_hex(8))
    sent = {"Authorization": f"Bearer {owner.tokens['access_token']}"}
    async with web.get(owner._url + path, headers=sent) as answer:
        assert answer.status == 200
        await answer.content.readany()
    return None


def test_every_route_that_asks_for_a_permission_is_called_here():
    """A new row of the route table needs a call in CALLS, and an entry in its service's audit trail."""
    assert {route.name for route in AUDITED} == set(CALLS)


async def test_every_call_of_staff_leaves_an_entry_in_its_service(owner, web, ids, entries_of):
    for name in CALLS:
        route = next(row for row in AUDITED if row.name == name)
        path, body, is_about_a_person = CALLS[name]
        before = len(await entries_of(route.service))
        etag = '"1"' if name == "PUT /v1/products/{id}" else ""
        answer = await call(owner, web, route, filled(path, ids), filled(body, ids), etag)
        if name == "POST /v1/products":
            ids["new_product"] = answer["id"]
        new = (await entries_of(route.service))[before:]
        assert len(new) == 1, f"{name} left {len(new)} entries"
        assert (new[0]["person_id"] is not None) == is_about_a_person, name
        whose = ids["leaver" if "withdrawals" in name else "member"]
        assert is_about_a_person is False or str(new[0]["person_id"]) == whose, name
        assert new[0]["origin"], name


async def test_what_a_member_does_with_their_own_is_nobodys_business(buyer, entries_of, mall, ids):
    for path in ("/v1/orders", f"/v1/payments?order_id={ids['order']}", "/v1/shipments", "/v1/members/me"):
        await buyer.call("GET", path)
    for service in ("order", "payment", "shipping", "user"):
        async with open_database(mall.site.database_url(service)) as database, database.read("demo") as reader:
            actor = f"member:{buyer.member['id']}"
            assert not await reader.fetchval("SELECT count(*) FROM audit_entries WHERE actor = $1", actor)


async def test_what_is_refused_is_shown_to_nobody(owner, buyer, ids):
    for path in (f"/v1/orders/{ids['order']}", f"/v1/shipments/{ids['shipment']}"):
        with pytest.raises(Refused) as refusal:
            await buyer.call("POST", f"{path}/address-disclosure", WHY)
        assert refusal.value.status == 403
        with pytest.raises(Refused) as refusal:
            await owner.call("POST", f"{path}/address-disclosure", {"reason": " "})
        assert refusal.value.status == 422


async def test_addresses_are_masked_until_they_are_disclosed(owner, ids):
    seen = (await owner.call("GET", f"/v1/orders/{ids['order']}"))["address"]
    whole = await owner.call("POST", f"/v1/orders/{ids['order']}/address-disclosure", WHY)
    assert seen["recipient"] != whole["recipient"]
    assert "*" in seen["recipient"]
    assert "*" in seen["phone"]
    assert "*" not in whole["recipient"] + whole["phone"]


def jangteo(mall, *arguments):
    """Run the command on the mall of these tests."""
    environment = {"PATH": os.environ["PATH"], "JANGTEO_HOME": str(mall.home.root), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "jangteo.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_the_command_proves_the_chains_and_names_the_entry_that_was_changed(mall, owner, ids):
    await owner.call("GET", f"/v1/orders/{ids['order']}")
    whole = await asyncio.to_thread(jangteo, mall, "audit", "verify")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "0 broken" in whole.stdout
    connection = await asyncpg.connect(mall.site.migration_url("order"))
    await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    try:
        change = "UPDATE audit_entries SET action = $1 WHERE tenant = 'demo' AND number = 1 RETURNING action"
        before = await connection.fetchval("SELECT action FROM audit_entries WHERE tenant = 'demo' AND number = 1")
        await connection.fetchval(change, "nothing.happened")
        broken = await asyncio.to_thread(jangteo, mall, "audit", "verify", "--tenant", "demo")
        await connection.fetchval(change, before)
    finally:
        await connection.execute("ALTER TABLE audit_entries ENABLE TRIGGER USER")
        await connection.close()
    assert broken.returncode == 1
    assert "BROKEN at entry 1" in broken.stdout
    assert "1 broken" in broken.stdout


async def test_the_monthly_review_tells_all_and_starts_no_formula(mall, owner, ids):
    await owner.call("POST", f"/v1/orders/{ids['order']}/address-disclosure", WHY)
    month = (datetime.now(UTC) + timedelta(hours=9)).strftime("%Y-%m")
    printed = await asyncio.to_thread(jangteo, mall, "audit", "report", month, "--tenant", "demo")
    assert printed.returncode == 0, printed.stderr
    lines = list(csv.DictReader(io.StringIO(printed.stdout.lstrip("\ufeff"))))
    shown = [line for line in lines if line["on"] == f"order:{ids['order']}" and line["why"]]
    assert {line["action"] for line in shown} == {"order.address_disclosed"}
    assert {line["who"] for line in shown} == {f"member:{owner.member['id']}"}
    assert {line["why"] for line in shown} == {"'" + WHY["reason"]}
    assert {line["whose data"] for line in shown} == {ids["member"]}
    assert all(ip_address(line["from"]) for line in shown)
    cells = [cell for line in lines for cell in line.values()]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
    empty = await asyncio.to_thread(jangteo, mall, "audit", "report", "2020-02", "--tenant", "demo")
    assert len(empty.stdout.splitlines()) == 1


def test_a_month_that_is_none_is_told_so(mall):
    for month in ("2026-13", "november", "26-1"):
        refused = jangteo(mall, "audit", "report", month, "--tenant", "demo")
        assert (refused.returncode, "is no month" in refused.stderr) == (1, True)
