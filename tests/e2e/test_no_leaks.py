"""After a whole purchase nobody finds a card number, an e-mail, a phone or an address where it does not belong."""

import asyncio
import secrets

import asyncpg
import leak_walk
import pytest
import redis.asyncio as redis
from pymongo import AsyncMongoClient

from jangteo.stack.buyer import ADDRESS

CARD = "4242424242424242"


@pytest.fixture(scope="module")
async def marked(mall, web):
    """A delivered order of a member whose every personal value can be recognised."""
    from jangteo.stack.buyer import Buyer

    mark = secrets.token_hex(6)
    digits = f"{secrets.randbelow(10**8):08d}"
    values = {
        "email": f"leak-{mark}@example.test",
        "name": f"누설{mark}",
        "phone": f"010-{digits[:4]}-{digits[4:]}",
        "e164": f"8210{digits}",
        "address1": f"비밀로 {mark}번길",
        "address2": f"지하 {mark}호",
        "note": f"열쇠는 {mark}",
    }
    buyer = Buyer(mall.url, session=web)
    await buyer.sign_up(values["email"], name=values["name"])
    address = {
        **ADDRESS,
        "recipient": values["name"],
        "phone": values["phone"],
        "address1": values["address1"],
        "address2": values["address2"],
    }
    await buyer.call("POST", "/v1/members/me/addresses", {k: v for k, v in address.items() if k != "note"})
    for card in await buyer.products(size=24):
        product = await buyer.product(card["id"])
        skus = [variant["sku"] for variant in product["variants"] if variant["available"]]
        if skus:
            break
    await buyer.add_to_cart(skus[0], 1)
    order = await buyer.place_order(await buyer.tokenise(CARD), address={**address, "note": values["note"]}, wait=10)
    await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)
    await asyncio.sleep(3)  # the spans and logs of the last step are written in the background
    return [*values.values(), digits, CARD]


async def test_the_values_can_be_found_where_they_are_meant_to_be(mall, marked):
    """Otherwise the scan below would prove nothing."""
    meant = b"".join(
        file.read_bytes()
        for name in leak_walk.MEANT_FOR_IT
        for file in mall.home.state(name).rglob("*")
        if file.is_file()
    )
    assert marked[0].encode() in meant
    assert marked[4].encode() in meant


async def test_no_file_of_the_mall_holds_a_personal_value_or_a_card_number(mall, marked):
    """Logs, traces, the broker's store, the databases' files with their write-ahead logs, the caches' journal."""
    found, scanned = leak_walk.in_files(mall, marked)
    assert scanned > 10_000_000
    assert found == []


async def test_no_row_of_any_database_holds_one_either(mall, marked):
    """Rows as text: PostgreSQL compresses long values in its files."""
    found, rows = await leak_walk.in_rows(mall, marked)
    assert rows > 100
    assert found == []


async def test_no_key_and_no_document_holds_one_either(mall, marked):
    found, values = await leak_walk.in_keys_and_documents(mall, marked)
    assert values > 100
    assert found == []


async def test_the_walk_finds_what_is_planted_in_each_kind_of_store(mall):
    mark = f"심은-{secrets.token_hex(6)}"
    log = mall.home.logs / f"{mark[3:]}.log"
    log.write_text(mark)
    client = redis.Redis.from_url(mall.site.valkey_url)
    await client.set(f"planted:{mark}", "x", ex=60)
    documents = AsyncMongoClient(mall.site.documents_url)
    await documents["planted"]["planted"].insert_one({"said": mark})
    connection = await asyncpg.connect(mall.site.migration_url("order"))
    await connection.execute("CREATE TABLE planted (said text)")
    await connection.execute("INSERT INTO planted VALUES ($1)", mark)
    found = await leak_walk.everywhere(mall, [mark])
    await connection.execute("DROP TABLE planted")
    await connection.close()
    await documents.drop_database("planted")
    await documents.close()
    await client.delete(f"planted:{mark}")
    await client.aclose()
    assert {("order", "planted", mark), ("planted", mark), (str(log), mark)} <= set(found)
    assert any(where[0] == f"planted:{mark}".encode() for where in found)
