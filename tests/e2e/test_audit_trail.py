"""Whatever staff do through the gateway is in the audit trail, and the command proves that nobody touched it."""

import asyncio
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
from audited_calls import BY_HAND, CALLS, UNNOTED, WHY

from jangteo.gateway.routes import ROUTES
from jangteo.kit.postgres import open_database
from jangteo.stack.buyer import PASSWORD, Buyer, Refused

CARD = "4242424242424242"
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


@pytest.fixture(scope="module")
async def other_owner(mall, web):
    """The owner of the shop that sends its parcels itself."""
    account = next(one for one in mall.accounts() if one["tenant"] == "other" and one["role"] == "owner")
    owner = Buyer(mall.url, session=web, tenant="other")
    await owner.log_in(account["email"], account["password"])
    return owner


@pytest.fixture(scope="module")
async def sent_by_hand(mall, web):
    """The ids of a shipment that waits for staff, and of its member."""
    member = Buyer(mall.url, session=web, tenant="other")
    await member.sign_up()
    for card in await member.products(size=24):
        variants = (await member.product(card["id"]))["variants"]
        if skus := [variant["sku"] for variant in variants if variant["available"]]:
            break
    order = await member.place_order(await member.tokenise(CARD), lines=[{"sku": skus[0], "quantity": 1}])
    path = f"/v1/shipments?order_id={order['order_id']}"
    async with asyncio.timeout(60):
        while not (found := (await member.call("GET", path))["items"]):  # noqa: ASYNC110  (nothing tells)
            await asyncio.sleep(0.2)
    return {"sent_by_hand": found[0]["id"], "member": member.member["id"]}


@pytest.fixture
def entries_of(mall, owner):
    """Read what an owner did, as one service wrote it down."""

    async def read(service, who=owner):
        async with open_database(mall.site.database_url(service)) as database, database.read("*") as reader:
            return await reader.fetch(
                "SELECT * FROM audit_entries WHERE actor = $1 ORDER BY number", f"member:{who.member['id']}"
            )

    return read


async def call(owner, web, route, path, body, etag):
    """Call as staff; of an endless answer the beginning is enough."""
    headers = {"If-Match": etag} if etag else {}
    if isinstance(body, bytes):
        sent = {"Authorization": f"Bearer {owner.tokens['access_token']}", "Idempotency-Key": secrets.token_hex(8)}
        async with web.request(route.method, owner._url + path, data=body, headers=sent) as answer:
            assert answer.status in (200, 201, 202), await answer.text()
            return await answer.json()
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


async def test_every_call_of_staff_leaves_an_entry_in_its_service(
    owner, other_owner, web, ids, sent_by_hand, entries_of
):
    for name in CALLS:
        route = next(row for row in AUDITED if row.name == name)
        path, body, is_about_a_person = CALLS[name]
        staff, known = (other_owner, sent_by_hand) if name in BY_HAND else (owner, ids)
        before = len(await entries_of(route.service, staff))
        etag = '"1"' if name == "PUT /v1/products/{id}" else ""
        answer = await call(staff, web, route, filled(path, known), filled(body, known), etag)
        if name == "POST /v1/products":
            ids["new_product"] = answer["id"]
        if name == "POST /v1/catalogue/imports":
            ids["import"] = answer["id"]
        new = (await entries_of(route.service, staff))[before:]
        assert len(new) == (name not in UNNOTED), f"{name} left {len(new)} entries"
        if not new:
            continue
        assert (new[0]["person_id"] is not None) == is_about_a_person, name
        whose = "leaver" if "withdrawals" in name else "member"
        assert is_about_a_person is False or str(new[0]["person_id"]) == known[whose], name
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
    told = [line for line in lines if line["on"] == f"order:{ids['order']}" and line["why"]]
    shown = [line for line in told if line["action"] != "order.refund_requested"]
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
