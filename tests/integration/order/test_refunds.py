"""Staff give a part of an order back, and its buyer sees it at once: once each, never more than was paid."""

import asyncio
import json
import secrets
from uuid import UUID

import pytest
from order_client import Client

from jangteo.contracts import order as told
from jangteo.contracts import payment, product
from jangteo.kit.postgres import open_database

WHY = {"reason": "상자가 찌그러져 왔어요"}


@pytest.fixture
def staff(session, order_url, tenant):
    """A member of staff who may refund."""
    return Client(session, order_url, tenant, scope="orders.read payments.refund")


@pytest.fixture
async def order(buyer, world, tenant):
    """A delivered order of two pieces at 11,000 won and a fee of 3,000."""
    _, order = await buyer.place(("A-1", 2), wait=10)
    await buyer.until_shipment(order["order_id"])
    await world.dispatch(tenant, order["order_id"])
    await buyer.until(order["order_id"], "shipped")
    await world.deliver(tenant, order["order_id"])
    return await buyer.until(order["order_id"], "delivered")


@pytest.fixture
def refund(staff, order):
    async def ask(key="", wait="wait=10", **body):
        path = f"/v1/orders/{order['order_id']}/refunds"
        headers = {"Prefer": wait} if wait else {}
        return await staff.call("POST", path, WHY | body, key=key or secrets.token_hex(8), **headers)

    return ask


async def test_pieces_and_fee_are_given_back_to_the_won_and_the_buyer_sees_it_live(buyer, world, order, refund):
    url, seen = f"{buyer.url}/v1/orders/{order['order_id']}/events", []
    headers = buyer.headers | {"Last-Event-ID": str(order["version"])}
    async with buyer.session.get(url, headers=headers) as stream, asyncio.timeout(20):
        await stream.content.readline()
        status, answer = await refund(lines=[{"sku": "A-1", "quantity": 1}], shipping_fee=3_000, restock=True)
        assert (status, answer["refunded"], answer["status"]) == (202, 14_000, "delivered")
        while "goods_restocked" not in [event["what"] for event in seen]:
            line = await stream.content.readline()
            if line.startswith(b"data: "):
                seen.append(json.loads(line[6:]))
    assert [event["what"] for event in seen] == ["refund_requested", "refunded", "goods_restocked"]
    assert [event["amount"] for event in seen] == [14_000, 14_000, 0]
    shown = await buyer.order(order["order_id"])
    (made,) = shown["refunds"]
    assert (made["state"], made["amount"], made["restocked"], made["reason"]) == (
        *("succeeded", 14_000, True),
        WHY["reason"],
    )
    assert (made["lines"], made["shipping_fee"], shown["refundable"]) == (
        [{"sku": "A-1", "quantity": 1}],
        3_000,
        11_000,
    )
    news = await world.until_heard(order["order_id"], told.OrderRefunded)
    assert (news.amount, news.refunded_in_all) == (14_000, 14_000)
    back = await world.until_heard(order["order_id"], product.RestockGoods)
    assert [(line.sku, line.quantity) for line in back.lines] == [("A-1", 1)]


async def test_twenty_twins_are_one_refund(order, refund, world):
    answers = await asyncio.gather(*(refund(key="one", wait="", amount=1_000) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    await world.until_heard(order["order_id"], payment.RefundPayment)
    asked = {one.refund_id for one in world.heard[UUID(order["order_id"])] if isinstance(one, payment.RefundPayment)}
    assert len(asked) == 1


async def test_parallel_refunds_never_give_back_more_than_was_paid(buyer, order, refund, world):
    answers = await asyncio.gather(*(refund(amount=6_000) for _ in range(8)))
    codes = [(status, body.get("code", "")) for status, body in answers]
    # 25,000 won are four times 6,000; who lost too many races is told so, and may ask again.
    assert codes.count((202, "")) <= 4
    while (await refund(amount=6_000))[0] == 202:
        pass
    assert (await refund(amount=1_000))[0] == 202
    status, problem = await refund(amount=1)
    assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "order.refund_too_large", "amount")
    assert sum(world.refunded[UUID(order["order_id"])].values()) == 25_000
    assert (await buyer.order(order["order_id"]))["refunded"] == 25_000


async def test_a_refund_that_the_provider_refuses_can_be_asked_for_anew(buyer, order, refund, world):
    world.refusing_refunds.add(UUID(order["order_id"]))
    assert (await refund(lines=[{"sku": "A-1", "quantity": 2}]))[1]["refunded"] == 0
    world.refusing_refunds.clear()
    assert (await refund(lines=[{"sku": "A-1", "quantity": 2}]))[1]["refunded"] == 22_000
    shown = await buyer.order(order["order_id"])
    assert [(one["state"], one["failure"]) for one in shown["refunds"]] == [
        ("failed", "card_expired"),
        ("succeeded", ""),
    ]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "order.refund_one_way", "amount"),
        ({"amount": 0}, "field.bounds", "amount"),
        ({"amount": 1, "reason": ""}, "field.bounds", "reason"),
        ({"amount": 1, "reason": "카드 4242 4242 4242 4242"}, "card_number.refused", "reason"),
        ({"lines": [{"sku": "A-1", "quantity": 3}]}, "order.refund_quantity", "lines[0].quantity"),
        ({"lines": [{"sku": "NONE", "quantity": 1}]}, "order.refund_line_unknown", "lines[0].sku"),
        ({"shipping_fee": 3_001}, "order.refund_fee", "shipping_fee"),
    ],
)
async def test_what_cannot_be_given_back_is_told_by_its_field(refund, body, code, field):
    status, problem = await refund(**body)
    assert (status, problem["errors"][0]["code"], problem["errors"][0]["field"]) == (422, code, field), problem


async def test_who_looked_at_an_older_version_is_told_so(staff, order, refund):
    path, body = f"/v1/orders/{order['order_id']}/refunds", WHY | {"amount": 500}
    assert (await staff.call("POST", path, body, key="a", If_Match=f'"{order["version"]}"'))[0] == 202
    status, problem = await staff.call("POST", path, body, key="b", If_Match=f'"{order["version"]}"')
    assert (status, problem["code"]) == (409, "order.changed")
    assert problem["params"]["version"] > order["version"]
    assert (await staff.call("POST", path, body, key="c", If_Match="soon"))[1]["code"] == "if_match.invalid"


async def test_only_staff_who_may_refund_do(buyer, session, order_url, order, tenant):
    path, body = f"/v1/orders/{order['order_id']}/refunds", WHY | {"amount": 500}
    reader = Client(session, order_url, tenant, scope="orders.read orders.manage")
    elsewhere = Client(session, order_url, "order-0", scope="payments.refund")
    found = [(await who.call("POST", path, body, key="k"))[0] for who in (buyer, reader, elsewhere)]
    assert found == [403, 403, 404]


async def test_nothing_is_given_back_of_an_order_that_is_not_paid(buyer, staff):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    status, problem = await staff.call("POST", f"/v1/orders/{order['order_id']}/refunds", WHY | {"amount": 1}, key="k")
    assert (status, problem["code"]) == (409, "order.not_refundable")


async def test_staffs_words_are_sealed_and_their_act_is_in_the_audit_trail(order, refund, tenant, database_for):
    await refund(amount=700)
    async with open_database(database_for("order")) as database, database.read(tenant) as reader:
        stored = await reader.fetch("SELECT data::text FROM events WHERE stream_id = $1", UUID(order["order_id"]))
        views = await reader.fetch("SELECT body::text FROM order_views WHERE order_id = $1", UUID(order["order_id"]))
        (entry,) = await reader.fetch("SELECT * FROM audit_entries WHERE action = 'order.refund_requested'")
    assert "찌그러져" not in "".join(row[0] for row in (*stored, *views)).encode().decode("unicode_escape")
    assert (entry["subject"], json.loads(entry["details"])["amount"]) == (f"order:{order['order_id']}", 700)
