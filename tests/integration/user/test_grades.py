"""Grades follow what was bought and given back, whatever the order and number of the messages that tell of it."""

import asyncio
import random
import uuid
from datetime import UTC, datetime

import pytest

from jangteo.contracts.order import OrderCancelled, OrderPaid, OrderRefunded
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.messages import encode

OWN, ALL = "/v1/members/me/grade", "/v1/member-grades"
PLAIN = {"code": "plain", "name_ko": "기본", "name_en": "Plain", "threshold": 0}
STAR = {"code": "star", "name_ko": "별", "name_en": "Star", "threshold": 50_000}


@pytest.fixture
async def say(settings):
    """Publish order events, as the order service does."""
    bus = await connect(settings.bus_url, name="orders")

    async def publish(tenant, *messages):
        for message in messages:
            id = new_id()
            body = encode(message, id=id, source="order", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            await bus.publish([Outgoing(str(id), message.type, message.partition(), body)])

    yield publish
    await bus.close()


def events(someone, paid, refunds=(), cancelled=None):
    """Return what the order service says of one order."""
    head = {"member_id": uuid.UUID(someone.profile["id"]), "order_id": new_id(), "order_number": "20260301-ABCDEFGH"}
    told = [OrderPaid(**head, total=paid, currency="KRW", lines=[], cart_id=None)]
    for number, amount in enumerate(refunds):
        done = sum(refunds[: number + 1])
        told.append(OrderRefunded(**head, amount=amount, refunded_in_all=done, currency="KRW"))
    if cancelled is not None:
        told.append(OrderCancelled(**head, reason="changed", refunded=cancelled, currency="KRW"))
    return told


async def settled(someone, amount):
    """Return the member's grade once the amount is reached."""
    async with asyncio.timeout(20):
        while (found := (await someone.call("GET", OWN)).json())["amount"] != amount:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found["grade"]["code"]


async def test_a_new_member_has_the_lowest_grade(member):
    someone = await member()
    found = (await someone.call("GET", OWN)).json()
    assert (found["grade"]["code"], found["amount"]) == ("basic", 0)


async def test_a_grade_is_right_however_the_messages_come(member, say):
    someone = await member()
    told = (
        events(someone, 900_000, (50_000, 150_000))
        + events(someone, 400_000)
        + events(someone, 5_000_000, (), 5_000_000)
    )
    told += told
    random.Random(7).shuffle(told)
    await say(someone.tenant, *told)
    await say(someone.tenant, *events(someone, 1))
    assert await settled(someone, 1_100_001) == "gold"


async def test_staff_edit_the_grades_and_everybodys_own_follows(member, say, database):
    someone, boss = await member(), await member()
    await say(someone.tenant, *events(someone, 60_000))
    assert await settled(someone, 60_000) == "basic"
    body = {"items": [STAR, PLAIN], "span_days": 30}
    assert (await someone.call("PUT", ALL, body)).status_code == 403
    async with database.transaction(boss.tenant) as transaction:
        await transaction.execute(
            "INSERT INTO member_roles (tenant, member_id, role, granted_at) VALUES ($1, $2, 'owner', now())",
            boss.tenant,
            uuid.UUID(boss.profile["id"]),
        )
    boss.session = (await boss.log_in(boss.profile["email"])).json()
    answer = await boss.call("PUT", ALL, body)
    assert answer.status_code == 200, answer.text
    assert [one["code"] for one in answer.json()["items"]] == ["plain", "star"]
    assert await settled(someone, 60_000) == "star"
    for items, code in (([STAR], "grades.invalid"), ([PLAIN, {**STAR, "threshold": 0}], "grades.invalid")):
        refused = await boss.call("PUT", ALL, {**body, "items": items})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
