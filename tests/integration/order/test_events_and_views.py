"""The events are the truth: views made anew equal the old ones, old events are read, erased people cannot be."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from order_client import ADDRESS

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.order.rebuild import rebuild
from jangteo.order.settings import OrderSettings

VIEWS = "SELECT tenant, order_id, member_id, number, status, version, total, placed_at, updated_at, body::text"


@pytest.fixture(scope="module")
async def database(database_for):
    async with open_database(database_for("order")) as database:
        yield database


@pytest.fixture(scope="module")
async def vault(order_environment, database):
    async with open_vault(load(OrderSettings, "order", order_environment), database) as vault:
        yield vault


async def rows(database, tenant: str) -> list[tuple]:
    async with database.read(tenant) as reader:
        return [
            tuple(row) for row in await reader.fetch(f"{VIEWS} FROM order_views WHERE tenant = $1 ORDER BY 2", tenant)
        ]


async def test_views_made_anew_equal_the_old_ones(buyer, world, tenant, database, order_environment):
    for lines, more in (
        ((("A-1", 1),), {}),
        ((("A-1", 2), ("TAXFREE", 1)), {"payment": None}),
        ((("SOLDOUT", 1),), {}),
        ((("LAPSED", 1),), {}),
        ((("A-1", 1),), {"payment": {"provider": "sandbox", "token": "tok_declined"}}),
    ):
        _, order = await buyer.place(*lines, wait=10, **more)
    await buyer.call(
        "POST", f"/v1/orders/{order['order_id']}/cancellation", {"reason": "그냥"}, key="k", Prefer="wait=9"
    )
    for item in (await buyer.call("GET", "/v1/orders"))[1]["items"]:
        if item["status"] == "paid":
            await buyer.until_shipment(item["order_id"])
        if item["status"] == "cancelling":
            await buyer.until(item["order_id"], "cancelled")
    before = await rows(database, tenant)
    assert len(before) == 5
    command = [sys.executable, "-m", "jangteo.order.rebuild"]
    done = await asyncio.create_subprocess_exec(
        *command, env=os.environ | order_environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await done.communicate()
    assert done.returncode == 0
    assert int(output.split()[0]) >= 5
    assert await rows(database, tenant) == before


async def test_an_order_of_an_older_version_is_read_and_goes_on(buyer, database, tenant, vault):
    order_id, now = new_id(), datetime.now(UTC)
    async with database.transaction(tenant) as transaction:
        key = await vault.make_key(transaction, buyer.member)
        old = {
            "number": "20260101-ABCDEFG",
            "member_id": str(buyer.member),
            "currency": "KRW",
            "lines": [line()],
            "items_total": 11_000,
            "shipping_fee": 3_000,
            "total": 14_000,
            "cart_id": None,
            "address": key.encrypt(json.dumps(ADDRESS), "order.address"),
            "pay_until": "2099-01-01T00:15:00Z",
            "hold_until": "2099-01-01T00:20:00Z",
        }
        await transaction.execute(
            "INSERT INTO events (tenant, stream_id, version, id, type, data, at, actor)"
            " VALUES ($1, $2, 1, $3, 'order.placed/1', $4, $5, 'buyer')",
            tenant,
            order_id,
            new_id(),
            json.dumps(old),
            now,
        )
    await rebuild(database)
    seen = await buyer.order(str(order_id))
    promised = {"arrives_from": None, "arrives_until": None}
    assert seen["shipping"] == {"fee": 3_000, "base_fee": 3_000, "surcharge": 0, "zone": "mainland"} | promised
    assert (seen["vat"], seen["address"]["address1"]) == (1_273, ADDRESS["address1"])
    _, ended = await buyer.call("POST", f"/v1/orders/{order_id}/cancellation", {}, key="k", Prefer="wait=10")
    assert ended["status"] == "cancelled"


async def test_an_erased_person_cannot_be_read_but_the_order_can(buyer, database, tenant, vault):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await buyer.until_shipment(order["order_id"])
    async with database.transaction(tenant) as transaction:
        assert await vault.destroy(transaction, buyer.member)
        stored = await transaction.fetch("SELECT data::text FROM events WHERE stream_id = $1", UUID(order["order_id"]))
    for text in (ADDRESS["recipient"], ADDRESS["address1"], "98765432"):
        assert text not in str([row["data"] for row in stored])
    before = await rows(database, tenant)
    await rebuild(database)
    assert await rows(database, tenant) == before


async def test_events_can_be_neither_changed_nor_removed(buyer, database, tenant):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    async with database.transaction(tenant) as transaction:
        for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
            await transaction.execute(statement)
    await rebuild(database)
    assert (await buyer.order(order["order_id"]))["status"] == "reserved"


async def test_a_transaction_of_one_shop_reads_nothing_of_another(buyer, database):
    await buyer.place(("A-1", 1), payment=None, wait=10)
    async with database.read("order-0") as reader:
        for table in ("events", "order_views", "deadlines", "person_keys", "outbox", "inbox", "idempotency"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} WHERE tenant = $1", buyer.tenant) == 0


def line() -> dict:
    return {
        "sku": "A-1",
        "product_id": str(UUID(int=3)),
        "slug": "a-1",
        "name_ko": "가",
        "name_en": "A",
        "option": "",
        "picture": "",
        "quantity": 1,
        "unit_price": 11_000,
        "tax_free": False,
        "weight_grams": 500,
    }
