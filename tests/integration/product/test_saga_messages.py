"""The saga's commands over the real bus, answered by the running service."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from jangteo.contracts.product import (
    CommitStock,
    GoodsRestocked,
    ReleaseStock,
    ReserveStock,
    RestockGoods,
    StockCommitted,
    StockLine,
    StockRefused,
    StockReleased,
    StockReserved,
)
from jangteo.kit.bus import connect
from jangteo.kit.messages import open_data, open_envelope

ANSWERS = {cls.type: cls for cls in (StockReserved, StockRefused, StockCommitted, StockReleased, GoodsRestocked)}


@pytest.fixture
async def answers(settings, app):
    """What the service says, by order."""
    heard = {}
    bus = await connect(settings.bus_url, name="product-test-answers")

    async def hear(delivery):
        envelope = open_envelope(delivery.body)
        message = open_data(envelope, ANSWERS[envelope.type])
        heard.setdefault(message.order_id, []).append(message)

    await bus.listen(list(ANSWERS), hear)
    yield heard
    await bus.close()


async def test_reserve_commit_release_by_message(database, tenant, staff, answers, wait_until, make_product, take_in):
    product = await make_product(staff, sku="SAGA-1")
    await take_in(staff, product, "SAGA-1", 3)
    order = uuid4()
    expires_at = datetime.now(UTC) + timedelta(minutes=5)

    async def say(message, kind, count):
        async with database.transaction(tenant) as transaction:
            transaction.send(message)

        async def heard():
            return [type(answer).__name__ for answer in answers.get(order, [])].count(kind)

        await wait_until(heard, count)

    lines = [StockLine(sku="SAGA-1", quantity=2)]
    await say(ReserveStock(order_id=order, lines=lines, expires_at=expires_at), "StockReserved", 1)
    await say(CommitStock(order_id=order), "StockCommitted", 1)
    await say(ReleaseStock(order_id=order), "StockReleased", 1)
    await say(ReserveStock(order_id=order, lines=lines, expires_at=expires_at), "StockRefused", 1)
    history = (await staff.call("GET", f"/v1/products/{product['id']}/stock-movements")).json()
    assert history["stock"] == [{"sku": "SAGA-1", "on_hand": 3, "reserved": 0, "available": 3, "sold": 0}]
    assert [row["reason"] for row in history["items"]] == ["restocked", "sold", "reserved", "incoming"]


async def test_what_staff_gave_back_comes_in_once_and_only_the_rest_with_the_end_of_the_order(
    database, tenant, staff, answers, wait_until, make_product, take_in
):
    product = await make_product(staff, sku="BACK-1")
    await take_in(staff, product, "BACK-1", 5)
    order, back = uuid4(), uuid4()

    async def say(message, kind, count):
        async with database.transaction(tenant) as transaction:
            transaction.send(message)

        async def heard():
            return [type(answer).__name__ for answer in answers.get(order, [])].count(kind)

        await wait_until(heard, count)

    async def counts():
        history = (await staff.call("GET", f"/v1/products/{product['id']}/stock-movements")).json()
        return history["stock"][0]["on_hand"], history["stock"][0]["sold"]

    expires_at = datetime.now(UTC) + timedelta(minutes=5)
    lines = [StockLine(sku="BACK-1", quantity=3)]
    await say(ReserveStock(order_id=order, lines=lines, expires_at=expires_at), "StockReserved", 1)
    await say(CommitStock(order_id=order), "StockCommitted", 1)
    one = [StockLine(sku="BACK-1", quantity=1)]
    for time in (1, 2):
        await say(RestockGoods(order_id=order, return_id=back, lines=one), "GoodsRestocked", time)
        assert await counts() == (3, 2)
    await say(RestockGoods(order_id=order, return_id=uuid4(), lines=one), "GoodsRestocked", 3)
    await say(ReleaseStock(order_id=order), "StockReleased", 1)
    assert await counts() == (5, 0)
    await say(RestockGoods(order_id=order, return_id=uuid4(), lines=one), "GoodsRestocked", 4)
    assert await counts() == (5, 0)
