"""A member with an order leaves: nothing of the person is left anywhere, nothing of the shop's books is missing."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import leak_walk
import pytest

from jangteo.contracts.retention import RULES
from jangteo.kit.clock import MovableClock
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import PersonErased, PrivateSettings, open_vault
from jangteo.kit.settings import load
from jangteo.order.rebuild import rebuild
from jangteo.stack.buyer import ADDRESS, PASSWORD, Buyer, Refused
from jangteo.stack.environment import DATABASES, PRIVATE, environment

VIEWS = "SELECT * FROM order_views WHERE tenant = 'demo' AND member_id = $1 ORDER BY order_id"
STATISTICS = "SELECT status, count(*), sum(total) FROM order_views WHERE member_id = $1 GROUP BY 1"
WRAPPED = "SELECT wrapped_key FROM person_keys WHERE person_id = $1 AND wrapped_key IS NOT NULL"


async def rows(mall, service, sql, *arguments):
    connection = await asyncpg.connect(mall.site.migration_url(service))
    try:
        return [tuple(row) for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


async def one_to_buy(buyer):
    for card in await buyer.products(size=24):
        for variant in (await buyer.product(card["id"]))["variants"]:
            if variant["available"]:
                return variant["sku"]
    raise AssertionError("the demo shop is sold out")


async def copy_of_everything(buyer):
    export = await buyer.call("POST", "/v1/members/me/exports")
    async with asyncio.timeout(60):
        while export["link"] is None:
            await asyncio.sleep(0.2)
            export = await buyer.call("GET", f"/v1/members/me/exports/{export['id']}")
    return await buyer.call("GET", export["link"])


async def leave(buyer, owner):
    """Return the proof of the erasure, once every service has answered."""
    asked = {"password": PASSWORD, "when_settled": True}
    left = None
    async with asyncio.timeout(60):
        while left is None:
            try:
                left = await buyer.call("POST", "/v1/members/me/withdrawal", asked)
            except Refused:
                await asyncio.sleep(0.5)
        while True:
            proof = await owner.call("GET", f"/v1/withdrawals/{left['id']}")
            if proof["state"] == "erased":
                return proof
            await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
async def story(mall, web, owner):
    """Somebody buys, takes a copy of everything, and leaves; what was known before and after."""
    mark = secrets.token_hex(6)
    digits = f"{secrets.randbelow(10**8):08d}"
    values = [f"gone-{mark}@example.test", f"떠난{mark}", f"010-{digits[:4]}-{digits[4:]}", f"잊을로 {mark}번길"]
    buyer = Buyer(mall.url, session=web)
    await buyer.sign_up(values[0], name=values[1])
    member = UUID((await buyer.call("GET", "/v1/members/me"))["id"])
    sku = await one_to_buy(buyer)
    address = ADDRESS | {"recipient": values[1], "phone": values[2], "address1": values[3]}
    await buyer.add_to_cart(sku, 1)
    order = await buyer.place_order(await buyer.tokenise("4242424242424242"), address=address, wait=10)
    refused = None
    try:
        await buyer.call("POST", "/v1/members/me/withdrawal", {"password": PASSWORD})
    except Refused as failed:
        refused = failed
    order = await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)
    await buyer.add_to_cart(sku, 1)
    wanted = (await buyer.call("GET", "/v1/products?size=1"))["items"][0]["id"]
    await buyer.call("PUT", f"/v1/wishlist/{wanted}")
    archive = await copy_of_everything(buyer)
    before = {
        "views": await rows(mall, "order", VIEWS, member),
        "statistics": await rows(mall, "order", STATISTICS, member),
        "keys": {service: await rows(mall, service, WRAPPED, member) for service in PRIVATE},
    }
    return {
        "values": [*values, f"8210{digits}"],
        "member": member,
        "order": order,
        "refused": refused,
        "archive": archive,
        "before": before,
        "proof": await leave(buyer, owner),
        "buyer": buyer,
    }


async def test_while_the_order_was_open_leaving_was_refused_with_the_reason(story):
    assert story["refused"].code == "withdrawal.held"
    reasons = story["refused"].problem["params"]["reasons"]
    assert story["order"]["order_number"] in {reason["reference"] for reason in reasons}


async def test_the_copy_had_everything_of_every_service(story):
    documents, number = story["archive"]["documents"], story["order"]["order_number"]
    assert set(documents) == {"user", "order", "payment", "shipping", "notification", "cart"}
    assert documents["user"]["profile"]["email"] == story["values"][0]
    assert documents["order"]["orders"][0]["address"]["address1"] == story["values"][3]
    assert documents["shipping"]["shipments"][0]["recipient"]["recipient"] == story["values"][1]
    assert documents["payment"]["payments"][0]["order_number"] == number
    assert documents["cart"]["cart"]
    assert documents["cart"]["wishlist"]
    assert documents["notification"]["notifications"]


async def test_every_service_proves_that_it_forgot(story):
    proof = story["proof"]
    assert proof["missing"] == []
    told = {answer["service"]: answer["proof"] for answer in proof["answers"]}
    assert {name for name, one in told.items() if one["key_id"]} >= {"user", "order", "shipping"}
    kept = {name: one["kept"].get("contract_payment", 0) for name, one in told.items()}
    assert kept == {"user": 1, "order": 1, "payment": 1, "shipping": 1, "notification": 0, "cart": 0}


async def test_the_books_are_as_they_were_and_can_be_made_again(mall, story):
    views = await rows(mall, "order", VIEWS, story["member"])
    assert views == story["before"]["views"]
    assert await rows(mall, "order", STATISTICS, story["member"]) == story["before"]["statistics"]
    async with open_database(mall.site.database_url("order")) as database:
        await rebuild(database)
    assert await rows(mall, "order", VIEWS, story["member"]) == views
    assert await rows(mall, "order", STATISTICS, story["member"]) == story["before"]["statistics"]


async def test_no_file_row_key_document_or_backup_holds_anything_of_the_person(mall, story):
    await asyncio.sleep(2)  # the spans and logs of the last step are written in the background
    found, scanned = leak_walk.in_files(mall, story["values"])
    assert (found, scanned > 10_000_000) == ([], True)
    found, count = await leak_walk.in_rows(mall, story["values"])
    assert (found, count > 100) == ([], True)
    found, count = await leak_walk.in_keys_and_documents(mall, [*story["values"], str(story["member"])])
    assert (found, count > 100) == ([], True)
    wrapped = [key.hex().encode() for keys in story["before"]["keys"].values() for (key,) in keys]
    assert len(wrapped) >= 3
    for service in DATABASES:
        dump = await asyncio.to_thread(leak_walk.backup, mall, service)
        assert b"PostgreSQL database dump complete" in dump
        assert [value for value in [*leak_walk.needles(story["values"]), *wrapped] if value in dump] == []


async def test_what_is_left_of_it_opens_with_no_key(mall, story):
    for service in PRIVATE:
        settings = load(PrivateSettings, service, environment(service, mall.site))
        async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
            async with database.read("demo") as reader:
                with pytest.raises(PersonErased):
                    await vault.key(reader, story["member"])
            async with database.transaction("demo") as transaction:
                with pytest.raises(PersonErased):
                    await vault.make_key(transaction, story["member"])


async def test_the_law_s_records_are_read_for_their_purpose_until_their_day(mall, story, owner, buyer):
    path, number = "/v1/legal-records/search", story["order"]["order_number"]
    asked = {"service": "order", "purpose": "contract_payment", "reference": number, "reason": "tax audit of 2026"}
    with pytest.raises(Refused) as refused:
        await buyer.call("POST", path, asked)
    assert refused.value.status == 403
    (record,) = (await owner.call("POST", path, asked))["items"]
    assert record["content"]["address"]["recipient"] == story["values"][1]
    assert (await owner.call("POST", path, asked | {"purpose": "dispute"}))["items"] == []
    for service in PRIVATE:
        settings = load(PrivateSettings, service, environment(service, mall.site))
        clock = MovableClock(datetime.now(UTC) + timedelta(days=5 * 366 + 14))
        async with (
            open_database(settings.database_url, clock=clock) as database,
            open_vault(settings, database) as vault,
        ):
            assert await LegalArchive(vault, RULES).destroy_due(database) >= 1
        assert await rows(mall, service, "SELECT 1 FROM legal_keys WHERE wrapped_key IS NOT NULL") == []
        # For the stories that follow those days have not come yet.
        await rows(mall, service, "DELETE FROM legal_keys WHERE destroyed_at IS NOT NULL")
    assert (await owner.call("POST", path, asked))["items"] == []


async def test_the_address_may_register_again_as_somebody_else(mall, web, story):
    again = Buyer(mall.url, session=web)
    await again.sign_up(story["values"][0])
    assert (await again.call("GET", "/v1/members/me"))["id"] != str(story["member"])
    assert (await again.call("GET", "/v1/orders"))["items"] == []
