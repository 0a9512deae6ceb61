"""An order that a process remembers may be behind or ahead of what is stored: it never decides on that."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from jangteo.contracts.product import StockReleased, StockReserved
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import ConcurrentUpdate, open_database
from jangteo.order import queries
from jangteo.order.deadlines import Deadlines
from jangteo.order.desk import Desk
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason
from jangteo.order.handlers import handlers
from jangteo.order.store import Orders, OrderUnknown

TENANT = "order-0"


def replica() -> Orders:
    """Return what one process knows of orders."""
    return Orders(60.0, lambda view: None)


@pytest.fixture(scope="module")
async def database(own_database):
    async with open_database(own_database("orderremembered")) as opened:
        opened.use_outbox(lambda transaction, messages: ([], lambda: None))
        yield opened


@pytest.fixture
async def placed(database):
    """An order of one replica, which remembers it."""
    order_id, first, now = new_id(), replica(), datetime.now(UTC)
    line = happened.Line(
        sku="A-1",
        product_id=uuid4(),
        slug="a-1",
        name_ko="가",
        name_en="A",
        option="",
        picture="",
        quantity=1,
        unit_price=22_000,
        tax_free=False,
        weight_grams=500,
    )
    event = happened.OrderPlaced(
        number=f"20261122-{str(order_id)[-7:]}",
        member_id=uuid4(),
        currency="KRW",
        lines=(line,),
        items_total=22_000,
        delivery=happened.Delivery(base_fee=3_000, surcharge=0, zone="mainland"),
        total=25_000,
        vat=2_273,
        cart_id=None,
        address="sealed",
        pay_until=now + timedelta(seconds=900),
        hold_until=now + timedelta(seconds=1200),
    )
    async with database.transaction(TENANT) as transaction:
        await first.save(transaction, order_id, None, [event], actor="buyer", at=now)
    return order_id, first


async def hear(orders: Orders, database, message) -> None:
    async with database.transaction(TENANT) as transaction:
        await handlers(orders)[type(message)](message, transaction)


async def append(orders: Orders, database, order_id, event) -> None:
    async with database.transaction(TENANT) as transaction:
        story = await orders.load(transaction, order_id)
        await orders.save(transaction, order_id, story, [event], actor="clock", at=transaction.clock.now())


async def versions(database, order_id) -> list[str]:
    async with database.read(TENANT) as reader:
        rows = await reader.fetch("SELECT version, type FROM events WHERE stream_id = $1 ORDER BY version", order_id)
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["type"] for row in rows]


def reserved(order_id) -> StockReserved:
    return StockReserved(order_id=order_id, expires_at=datetime.now(UTC) + timedelta(seconds=900))


async def test_a_message_on_an_order_that_another_replica_has_changed_is_decided_on_the_newest_state(database, placed):
    order_id, first = placed
    await append(replica(), database, order_id, happened.CancellationStarted(reason=Reason.BUYER))
    with pytest.raises(ConcurrentUpdate):
        await hear(first, database, reserved(order_id))
    await hear(first, database, reserved(order_id))
    assert len(await versions(database, order_id)) == 2, "a reservation is late once the order is being cancelled"


async def test_a_message_that_seems_impossible_is_looked_at_again_on_the_newest_state(database, placed):
    order_id, first = placed
    await append(replica(), database, order_id, happened.CancellationStarted(reason=Reason.BUYER))
    await hear(first, database, StockReleased(order_id=order_id))
    assert (await versions(database, order_id))[2] == happened.StockReturned.type


async def test_an_order_is_remembered_only_by_what_was_committed(database, placed):
    order_id, first = placed
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(TENANT) as transaction:
            await handlers(first)[StockReserved](reserved(order_id), transaction)
            raise ZeroDivisionError
    assert first.recall(TENANT, order_id) is None
    await hear(first, database, reserved(order_id))
    assert len(await versions(database, order_id)) == 2


async def test_no_gap_is_left_where_the_database_has_lost_what_is_remembered(database, placed):
    order_id, first = placed
    story = first.recall(TENANT, order_id)
    ahead = story._replace(timeline=(*story.timeline, msgspec.structs.replace(story.timeline[0], version=2)))
    with pytest.raises(ConcurrentUpdate):
        async with database.transaction(TENANT) as transaction:
            held = happened.StockHeld(expires_at=transaction.clock.now())
            await first.save(transaction, order_id, ahead, [held], actor="product", at=transaction.clock.now())
    await hear(first, database, reserved(order_id))
    assert len(await versions(database, order_id)) == 2


async def test_other_services_are_told_of_a_remembered_order_without_a_query_and_the_same(database, placed):
    order_id, first = placed
    without_database = Desk(None, None, first, None, None, None)
    with_database = without_database._replace(database=database, orders=replica())
    remembered = await queries.placed(without_database, TENANT, order_id)
    assert remembered == await queries.placed(with_database, TENANT, order_id)
    with pytest.raises(OrderUnknown):
        await queries.placed(with_database._replace(orders=first), "order-1", order_id)


async def test_another_shop_is_not_given_what_is_remembered(placed):
    order_id, first = placed
    assert first.recall(TENANT, order_id) is not None
    assert first.recall("order-1", order_id) is None


class Overtaken(Orders):
    """What a process knows whose reading of an order has an answer before it and a new question behind it."""

    def __init__(self, database) -> None:
        super().__init__(60.0, lambda view: None)
        self._elsewhere = database

    async def load(self, reader, order_id):
        held = happened.StockHeld(expires_at=datetime.now(UTC) + timedelta(seconds=900))
        await append(replica(), self._elsewhere, order_id, held)
        story = await super().load(reader, order_id)
        chosen = happened.PaymentChosen(payment_id=uuid4(), provider="sandbox", token="tok", at_once=True)
        await append(replica(), self._elsewhere, order_id, chosen)
        return story


async def test_a_sweep_drops_no_deadline_of_a_question_that_was_asked_since_it_looked(database, placed):
    order_id, _ = placed
    async with database.transaction(TENANT) as transaction:
        sql = "UPDATE deadlines SET due_at = now() - interval '1 second' WHERE order_id = $1 AND kind = 'answer'"
        assert await transaction.execute(sql, order_id) == 1
    await Deadlines(database, Overtaken(database), answer_seconds=60.0, sweep_seconds=1.0).sweep()
    async with database.read(TENANT) as reader:
        rows = await reader.fetch("SELECT kind FROM deadlines WHERE order_id = $1", order_id)
    assert {row["kind"] for row in rows} == {"answer", "payment"}
