"""Holding, selling and giving back stock: never more than there is, whoever asks in whatever order, however often."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from warehouse import HOUR

from jangteo.contracts.product import (
    ReservationExpired,
    StockCommitFailed,
    StockCommitted,
    StockLine,
    StockRefused,
    StockReleased,
    StockReserved,
)
from jangteo.product.stock import commands


async def test_two_hundred_buyers_for_fifty_pieces(warehouse):
    await warehouse.stock(A=50)
    answers = await asyncio.gather(*(warehouse.reserve(uuid4(), A=1) for _ in range(200)))
    assert sum(isinstance(answer, StockReserved) for answer in answers) == 50
    refused = [answer for answer in answers if isinstance(answer, StockRefused)]
    assert len(refused) == 150
    assert all(answer.shortages[0].sku == "A" and answer.shortages[0].asked == 1 for answer in refused)
    counts = await warehouse.counts("A")
    assert (counts.available, counts.reserved) == (0, 50)
    assert await warehouse.is_sound()


async def test_several_skus_are_held_all_or_none_and_nobody_waits_in_a_circle(warehouse):
    await warehouse.stock(A=40, B=40)
    orders = [uuid4() for _ in range(100)]
    answers = await asyncio.gather(
        *(
            warehouse.reserve(order, **({"A": 1, "B": 1} if place % 2 else {"B": 1, "A": 1}))
            for place, order in enumerate(orders)
        )
    )
    assert sum(isinstance(answer, StockReserved) for answer in answers) == 40
    assert (await warehouse.counts("A")).reserved == (await warehouse.counts("B")).reserved == 40


async def test_one_missing_sku_holds_nothing_of_the_others(warehouse):
    await warehouse.stock(A=10, B=1)
    answer = await warehouse.reserve(uuid4(), A=2, B=2, C=1)
    assert [(short.sku, short.asked, short.available) for short in answer.shortages] == [("B", 2, 1), ("C", 1, 0)]
    assert (await warehouse.counts("A")).reserved == 0


async def test_lines_of_one_sku_count_together(warehouse):
    await warehouse.stock(A=3)
    order = uuid4()
    lines = [StockLine(sku="A", quantity=2), StockLine(sku="A", quantity=2)]
    answer = await warehouse._do(commands.reserve, order, lines, warehouse.clock.now() + HOUR)
    assert answer.shortages[0].asked == 4


async def test_every_command_may_come_twice(warehouse):
    await warehouse.stock(A=5)
    order = uuid4()
    first, again = await warehouse.reserve(order, A=2), await warehouse.reserve(order, A=2)
    assert first == again
    assert (await warehouse.counts("A")).reserved == 2
    await warehouse.commit(order)
    assert isinstance(await warehouse.commit(order), StockCommitted)
    counts = await warehouse.counts("A")
    assert (counts.on_hand, counts.reserved, counts.sold) == (3, 0, 2)
    await warehouse.release(order)
    assert isinstance(await warehouse.release(order), StockReleased)
    counts = await warehouse.counts("A")
    assert (counts.on_hand, counts.reserved, counts.sold) == (5, 0, 0)
    assert await warehouse.is_sound()


async def test_twins_at_the_same_moment_hold_once(warehouse):
    await warehouse.stock(A=100)
    order = uuid4()
    answers = await asyncio.gather(*(warehouse.reserve(order, A=3) for _ in range(20)))
    assert all(isinstance(answer, StockReserved) for answer in answers)
    assert (await warehouse.counts("A")).reserved == 3


async def test_a_refusal_is_told_again_the_same(warehouse):
    await warehouse.stock(A=1)
    order = uuid4()
    refused = await warehouse.reserve(order, A=2)
    await warehouse.stock(B=9)
    assert await warehouse.reserve(order, A=2) == refused


async def test_a_release_that_comes_first_refuses_the_reservation(warehouse):
    await warehouse.stock(A=5)
    order = uuid4()
    assert isinstance(await warehouse.release(order), StockReleased)
    assert await warehouse.reserve(order, A=1) == StockRefused(order_id=order, shortages=[])
    assert (await warehouse.counts("A")).reserved == 0
    assert isinstance(await warehouse.commit(order), StockCommitFailed)


async def test_release_racing_reserve_ends_with_nothing_held(warehouse):
    await warehouse.stock(A=1000)
    orders = [uuid4() for _ in range(40)]
    await asyncio.gather(
        *(step for order in orders for step in (warehouse.reserve(order, A=1), warehouse.release(order)))
    )
    assert (await warehouse.counts("A")).reserved == 0
    assert await warehouse.is_sound()


async def test_a_hold_that_runs_out_is_given_back_and_told(warehouse):
    await warehouse.stock(A=5)
    order, patient = uuid4(), uuid4()
    await warehouse.reserve(order, timedelta(seconds=60), A=3)
    await warehouse.reserve(patient, timedelta(days=9), A=1)
    assert await warehouse.expire() == 0
    warehouse.clock.advance(61)
    await asyncio.gather(*(warehouse.expire() for _ in range(4)))
    assert (await warehouse.counts("A")).reserved == 1
    async with warehouse.database.read(warehouse.tenant) as reader:
        rows = await reader.fetch(
            "SELECT reason FROM stock_ledger WHERE tenant = $1 AND reference = $2 ORDER BY id",
            warehouse.tenant,
            str(order),
        )
    assert [row["reason"] for row in rows] == ["reserved", "expired"]
    assert await warehouse.is_sound()


async def test_expiry_says_which_order_lost_its_hold(warehouse, stock_database):
    said = []

    def keep(transaction, messages):
        said.extend(messages)
        return [], lambda: None

    stock_database.use_outbox(keep)
    await warehouse.stock(A=5)
    order = uuid4()
    await warehouse.reserve(order, timedelta(seconds=1), A=3)
    warehouse.clock.advance(2)
    await warehouse.expire()
    assert ReservationExpired(order_id=order) in said


async def test_a_late_commit_takes_the_stock_again_or_fails(warehouse):
    await warehouse.stock(A=3)
    early, late = uuid4(), uuid4()
    await warehouse.reserve(early, timedelta(seconds=1), A=2)
    await warehouse.reserve(late, timedelta(seconds=1), A=1)
    warehouse.clock.advance(5)
    await warehouse.expire()
    assert isinstance(await warehouse.commit(early), StockCommitted)
    await warehouse.reserve(uuid4(), A=1)
    failed = await warehouse.commit(late)
    assert isinstance(failed, StockCommitFailed)
    assert failed.shortages[0].available == 0
    assert (await warehouse.counts("A")).sold == 2
    assert await warehouse.is_sound()
