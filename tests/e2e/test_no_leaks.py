"""After a whole purchase nobody finds a card number, an e-mail, a phone or an address where it does not belong."""

import asyncio
import secrets

import asyncpg
import pytest
import redis.asyncio as redis
from pymongo import AsyncMongoClient

from jangteo.stack.buyer import ADDRESS
from jangteo.stack.environment import DATABASES

CARD = "4242424242424242"
# The outside world: who delivers must know where to, and a mailbox holds mails.
MEANT_FOR_IT = ("sandbox-carrier", "mailbox")


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


def needles(values):
    return [value.encode() for value in values] + [value.encode("unicode_escape") for value in values]


def files_of(mall):
    for root in (mall.home.root, mall.home.outside):
        if root.exists():
            for file in root.rglob("*"):
                if file.is_file() and not any(name in part for name in MEANT_FOR_IT for part in file.parts):
                    yield file


async def test_the_values_can_be_found_where_they_are_meant_to_be(mall, marked):
    """Otherwise the scan below would prove nothing."""
    meant = b"".join(
        file.read_bytes() for name in MEANT_FOR_IT for file in mall.home.state(name).rglob("*") if file.is_file()
    )
    assert marked[0].encode() in meant
    assert marked[4].encode() in meant


async def test_no_file_of_the_mall_holds_a_personal_value_or_a_card_number(mall, marked):
    """Logs, traces, the broker's store, the databases' files with their write-ahead logs, the caches' journal."""
    found, scanned = [], 0
    for file in files_of(mall):
        try:
            content = file.read_bytes()
        except OSError:
            continue  # a journal that was just recycled
        scanned += len(content)
        found += [(str(file), needle.decode()) for needle in needles(marked) if needle in content]
    assert scanned > 10_000_000
    assert found == []


async def test_no_row_of_any_database_holds_one_either(mall, marked):
    """Rows as text: PostgreSQL compresses long values in its files."""
    found, rows = [], 0
    for service in DATABASES:
        connection = await asyncpg.connect(mall.site.migration_url(service))
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in tables:
            for row in await connection.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t'):
                rows += 1
                found += [(service, table["tablename"], value) for value in marked if value in row["row"]]
        await connection.close()
    assert rows > 100
    assert found == []


async def test_no_key_and_no_document_holds_one_either(mall, marked):
    client = redis.Redis.from_url(mall.site.valkey_url)
    found, values = [], 0
    async for key in client.scan_iter():
        content = key + (await client.dump(key) or b"")
        values += 1
        found += [(key, value) for value in needles(marked) if value in content]
    await client.aclose()
    documents = AsyncMongoClient(mall.site.documents_url)
    for database in await documents.list_database_names():
        for collection in await documents[database].list_collection_names():
            async for document in documents[database][collection].find():
                values += 1
                found += [(collection, value) for value in marked if value in repr(document)]
    await documents.close()
    assert values > 100
    assert found == []
