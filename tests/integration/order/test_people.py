"""What a buyer may ask of the order service: to see all, to be told what is open, and to be forgotten."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from order_client import ADDRESS, Client

from jangteo.contracts.people import OrderPersonErased, UserErased
from jangteo.contracts.retention import CONTRACT_PAYMENT, DISPUTE, RULES
from jangteo.kit.clock import MovableClock
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.messages import open_data, open_envelope
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.order.rebuild import rebuild
from jangteo.order.settings import OrderSettings

NOTE = "상자가 찌그러졌어요 비밀"


@pytest.fixture(scope="session")
async def answers(world):
    """What the order service answers to erasures, as it comes."""
    found: asyncio.Queue = asyncio.Queue()

    async def hear(delivery):
        await found.put(open_data(open_envelope(delivery.body), OrderPersonErased))

    await world.bus.consume("people-reader", [OrderPersonErased.type], hear)
    return found


@pytest.fixture
def forget(world, answers):
    """Tell everybody that a member has left; return the order service's answer."""

    async def tell(buyer, times=1):
        message = UserErased(member_id=buyer.member, withdrawal_id=uuid4())
        await world.say(buyer.tenant, *[message] * times)
        async with asyncio.timeout(20):
            return [await answers.get() for _ in range(times)]

    return tell


@pytest.fixture
def ask(session, order_url, identity):
    """Call the internal routes as another service."""

    async def call(buyer, what, service="user"):
        headers = {"X-Service-Identity": identity(service).token(buyer.tenant), "Host": f"{buyer.tenant}.localhost"}
        async with session.get(f"{order_url}/internal/{what}", headers=headers) as answer:
            return answer.status, json.loads(await answer.read())

    return call


@pytest.fixture
async def bought(buyer, world):
    """One delivered order, one that was called off with a word why, and one that came to nothing."""
    _, delivered = await buyer.place(("A-1", 2))
    _, cancelled = await buyer.place(("B-1", 1), payment=None)
    _, rejected = await buyer.place(("SOLDOUT-1", 1))
    await buyer.until_shipment(delivered["order_id"])
    await world.dispatch(buyer.tenant, delivered["order_id"])
    await world.deliver(buyer.tenant, delivered["order_id"])
    await buyer.until(delivered["order_id"], "delivered")
    await buyer.until(cancelled["order_id"], "reserved", "placed")
    await buyer.call("POST", f"/v1/orders/{cancelled['order_id']}/cancellation", {"reason": NOTE}, key="c1")
    await buyer.until(cancelled["order_id"], "cancelled")
    await buyer.until(rejected["order_id"], "rejected")
    return delivered, cancelled, rejected


async def test_all_orders_are_shown_with_address_and_words(buyer, bought, ask):
    status, document = await ask(buyer, f"people/{buyer.member}/data")
    assert status == 200
    orders = {order["order_number"]: order for order in document["data"]["orders"]}
    assert set(orders) == {order["order_number"] for order in bought}
    assert orders[bought[0]["order_number"]]["address"]["address1"] == ADDRESS["address1"]
    assert orders[bought[1]["order_number"]]["cancellation_note"] == NOTE


@pytest.mark.parametrize("what", ["people/{member}/data", "people/{member}/holds", "legal-records?purpose=dispute"])
async def test_only_the_user_service_may_ask(buyer, ask, session, order_url, what):
    path = what.format(member=buyer.member)
    assert (await ask(buyer, path, service="shipping"))[0] == 403
    assert (await ask(buyer, path, service="user"))[0] == 200
    async with session.get(f"{order_url}/internal/{path}", headers=buyer.headers) as answer:
        assert answer.status == 403
    async with session.get(f"{order_url}/internal/{path}") as answer:
        assert answer.status == 401


async def test_an_order_under_way_holds_its_buyer(buyer, world, ask, answers, read_rows, order_environment):
    _, order = await buyer.place(("A-1", 1))
    await buyer.until_shipment(order["order_id"])
    _, standing = await ask(buyer, f"people/{buyer.member}/holds")
    assert [(hold["code"], hold["reference"]) for hold in standing["holds"]] == [("order.open", order["order_number"])]
    # Told to forget all the same, the service waits until the order is settled.
    await world.say(buyer.tenant, UserErased(member_id=buyer.member, withdrawal_id=uuid4()))
    assert (await buyer.order(order["order_id"]))["address"] is not None
    await world.dispatch(buyer.tenant, order["order_id"])
    await world.deliver(buyer.tenant, order["order_id"])
    async with asyncio.timeout(60):
        assert (await answers.get()).member_id == buyer.member
    assert (await buyer.order(order["order_id"]))["address"] is None


async def test_the_orders_stay_and_the_person_is_gone(buyer, bought, forget, ask, read_rows, order_environment):
    url = order_environment["JANGTEO_DATABASE_URL"]
    views = "SELECT * FROM order_views WHERE member_id = $1 ORDER BY order_id"
    before = await read_rows(url, views, buyer.member)
    (first,) = await forget(buyer)
    assert first.destroyed["order_addresses"] == 3
    assert first.kept == {CONTRACT_PAYMENT: 2, DISPUTE: 1}
    assert len(first.key_id) == 32
    assert await read_rows(url, views, buyer.member) == before
    assert all([(await buyer.order(order["order_id"]))["address"] is None for order in bought])
    assert (await ask(buyer, f"people/{buyer.member}/data"))[1]["data"]["orders"][0]["address"] is None
    async with open_database(url) as database:
        await rebuild(database)
    assert await read_rows(url, views, buyer.member) == before
    # The way to the key is closed for whatever comes late, and the second time changes nothing.
    assert (await buyer.place(("A-1", 1)))[0] == 404
    for again in await forget(buyer, times=2):
        assert (again.destroyed, again.kept, again.key_id, again.at) == (
            first.destroyed,
            first.kept,
            first.key_id,
            first.at,
        )
    assert await read_rows(url, "SELECT 1 FROM legal_records WHERE tenant = $1", buyer.tenant) == [(1,)] * 3


async def test_what_the_law_keeps_is_read_by_its_purpose_and_gone_on_its_day(
    buyer, bought, forget, ask, order_environment, read_rows
):
    await forget(buyer)
    number = bought[1]["order_number"]
    _, contracts = await ask(buyer, f"legal-records?purpose={CONTRACT_PAYMENT}&reference={number}")
    (contract,) = contracts["items"]
    assert contract["content"]["address"]["recipient"] == ADDRESS["recipient"]
    assert NOTE not in json.dumps(contracts, ensure_ascii=False)
    _, disputes = await ask(buyer, f"legal-records?purpose={DISPUTE}")
    assert [record["content"] for record in disputes["items"]] == [{"order_number": number, "note": NOTE}]
    settings = load(OrderSettings, "order", order_environment)
    clock = MovableClock(datetime.now(UTC))
    async with open_database(settings.database_url, clock=clock) as database, open_vault(settings, database) as vault:
        archive = LegalArchive(vault, RULES)
        due = datetime.fromisoformat(disputes["items"][0]["due_on"])

        async def left():
            async with database.read(buyer.tenant) as reader:
                pages = [await archive.read(reader, purpose, None, None) for purpose in (CONTRACT_PAYMENT, DISPUTE)]
            return [len(page.items) for page in pages]

        clock.advance((due.replace(tzinfo=UTC) - timedelta(hours=9, seconds=1) - clock.now()).total_seconds())
        await archive.destroy_due(database)
        assert await left() == [2, 1]
        clock.advance(2)
        assert await archive.destroy_due(database) >= 1
        assert await left() == [2, 0]
        clock.advance(timedelta(days=740).total_seconds())
        assert await archive.destroy_due(database) >= 1
        assert await left() == [0, 0]
    sql = "SELECT purpose, wrapped_key FROM legal_keys WHERE tenant = $1 ORDER BY purpose"
    rows = await read_rows(settings.database_url, sql, buyer.tenant)
    assert rows == [(CONTRACT_PAYMENT, None), (DISPUTE, None)]
    assert await read_rows(settings.database_url, "SELECT 1 FROM legal_records WHERE tenant = $1", buyer.tenant) == []


async def test_somebody_who_never_bought_is_forgotten_too(buyer, forget):
    (answer,) = await forget(buyer)
    assert (answer.destroyed["order_addresses"], answer.key_id) == (0, "")
    assert (await buyer.place(("A-1", 1)))[0] == 404


async def test_who_has_left_is_given_back_what_is_owed_all_the_same(buyer, bought, forget, session, order_url):
    await forget(buyer)
    staff = Client(session, order_url, buyer.tenant, scope="orders.read payments.refund")
    path, asked = (
        f"/v1/orders/{bought[0]['order_id']}/refunds",
        {"reason": "반품", "lines": [{"sku": "A-1", "quantity": 1}]},
    )
    status, answer = await staff.call("POST", path, asked, key="left", Prefer="wait=10")
    assert (status, answer.get("refunded")) == (202, 11_000), answer
    (made,) = (await staff.order(bought[0]["order_id"]))["refunds"]
    assert (made["state"], made["reason"]) == ("succeeded", None)
