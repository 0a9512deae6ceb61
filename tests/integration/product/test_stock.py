"""Stock on real PostgreSQL: never more sold than there is, whoever asks in whatever order, however often."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jangteo.contracts.product import (
    AvailabilityChanged,
    ReservationExpired,
    StockCommitFailed,
    StockCommitted,
    StockLine,
    StockRefused,
    StockReleased,
    StockReserved,
)
from jangteo.kit.clock import MovableClock, SystemClock
from jangteo.kit.postgres import open_database
from jangteo.product.audit import find_differences, mend
from jangteo.product.domain.stock import Reason
from jangteo.product.stock import commands, store
from jangteo.product.stock.store import Shift

HOUR = timedelta(hours=1)
TAKE_IN = Shift(1, 0, 0, Reason.INCOMING)


class Warehouse:
    """A shop's stock, driven by the commands of the saga; keeps what was said."""

    def __init__(self, database, tenant, clock):
        self.database, self.tenant, self.clock = database, tenant, clock
        self.said = []

    async def stock(self, **quantities):
        async with self.database.transaction(self.tenant) as transaction:
            await store.add_items(transaction, dict.fromkeys(quantities, uuid4()))
            await store.lock(transaction, list(quantities))
            await store.shift(transaction, {s: q for s, q in quantities.items() if q}, TAKE_IN, "test")

    async def _do(self, command, *arguments):
        async with self.database.transaction(self.tenant) as transaction:
            await command(transaction, *arguments)
            messages = list(transaction._messages)
        self.said += messages
        return next(message for message in messages if not isinstance(message, AvailabilityChanged))

    async def reserve(self, order, expires_in=HOUR, **quantities):
        lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
        return await self._do(commands.reserve, order, lines, self.clock.now() + expires_in)

    async def commit(self, order):
        return await self._do(commands.commit, order)

    async def release(self, order):
        return await self._do(commands.release, order)

    async def expire(self):
        return await commands.expire_due(self.database)

    async def counts(self, sku):
        async with self.database.read(self.tenant) as reader:
            row = await reader.fetchrow(
                "SELECT on_hand, reserved, sold, on_hand - reserved AS available FROM stock_items"
                " WHERE tenant = $1 AND sku = $2",
                self.tenant,
                sku,
            )
        return SimpleNamespace(**dict(row))

    async def is_sound(self):
        return not [wrong for wrong in await find_differences(self.database) if wrong.tenant == self.tenant]


@pytest.fixture(scope="session")
async def stock_database(servers, database_for):
    """The stock tables without the service: what is said stays in the outbox."""
    clock = MovableClock(SystemClock().now())
    async with open_database(database_for("product"), clock=clock, max_size=30) as opened:

        def keep(transaction, messages):
            return "", lambda: None

        opened.use_outbox(keep)
        yield opened


@pytest.fixture
def warehouse(stock_database):
    return Warehouse(stock_database, f"s-{uuid4().hex[:10]}", stock_database.clock)


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
        return "", lambda: None

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


async def test_shoppers_are_told_when_a_level_is_crossed_and_only_then(warehouse):
    await warehouse.stock(A=8)
    warehouse.said.clear()
    orders = [uuid4() for _ in range(8)]
    for order in orders:
        await warehouse.reserve(order, A=1)
    await warehouse.release(orders[0])
    levels = [message.level for message in warehouse.said if isinstance(message, AvailabilityChanged)]
    assert levels == ["low", "out", "low"]


async def test_the_database_itself_refuses_to_oversell(warehouse, stock_database):
    await warehouse.stock(A=2)
    for statement in (
        "UPDATE stock_items SET reserved = 3 WHERE tenant = $1",
        "UPDATE stock_items SET on_hand = -1 WHERE tenant = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with stock_database.transaction(warehouse.tenant) as transaction:
                await transaction.execute(statement, warehouse.tenant)


async def test_the_ledger_can_be_neither_changed_nor_shortened(warehouse, stock_database):
    await warehouse.stock(A=2)
    async with stock_database.transaction(warehouse.tenant) as transaction:
        for statement in ("UPDATE stock_ledger SET delta_on_hand = 9", "DELETE FROM stock_ledger"):
            assert await transaction.execute(statement + " WHERE tenant = $1", warehouse.tenant) == 0
    assert await warehouse.is_sound()


async def test_the_audit_finds_a_count_that_was_tampered_with_and_mends_it(warehouse, stock_database):
    await warehouse.stock(A=10)
    await warehouse.reserve(uuid4(), A=2)
    async with stock_database.transaction(warehouse.tenant) as transaction:
        await transaction.execute("UPDATE stock_items SET on_hand = 99 WHERE tenant = $1", warehouse.tenant)
    wrong = next(one for one in await find_differences(stock_database) if one.tenant == warehouse.tenant)
    assert (wrong.sku, wrong.on_hand, wrong.ledger_on_hand) == ("A", 99, 10)
    assert wrong.can_be_mended
    assert "ledger says" in wrong.proposal()
    await mend(stock_database)
    assert (await warehouse.counts("A")).on_hand == 10
    assert await warehouse.is_sound()


async def test_one_shop_does_not_see_anothers_stock(warehouse, stock_database):
    await warehouse.stock(A=10)
    stranger = Warehouse(stock_database, f"s-{uuid4().hex[:10]}", warehouse.clock)
    assert isinstance(await stranger.reserve(uuid4(), A=1), StockRefused)
    order = uuid4()
    await warehouse.reserve(order, A=1)
    assert isinstance(await stranger.commit(order), StockCommitFailed)
    async with stock_database.read(stranger.tenant) as reader:
        assert await reader.fetch("SELECT * FROM stock_ledger") == []


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "commit", "release", "expire"]),
        st.integers(min_value=0, max_value=5),
        st.dictionaries(st.sampled_from("AB"), st.integers(min_value=1, max_value=4), min_size=1),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=steps, at_once=st.booleans())
async def test_whatever_happens_in_whatever_order_nothing_appears_or_vanishes(stock_database, steps, at_once):
    warehouse = Warehouse(stock_database, f"s-{uuid4().hex[:10]}", stock_database.clock)
    await warehouse.stock(A=7, B=5)
    orders = [uuid4() for _ in range(6)]

    async def take(step):
        kind, order, quantities = step
        if kind == "reserve":
            await warehouse.reserve(orders[order], timedelta(seconds=order * 30 + 1), **quantities)
        elif kind == "expire":
            warehouse.clock.advance(40)
            await warehouse.expire()
        else:
            await getattr(warehouse, kind)(orders[order])

    if at_once:
        await asyncio.gather(*map(take, steps))
    else:
        for step in steps:
            await take(step)
    for sku, initial in (("A", 7), ("B", 5)):
        counts = await warehouse.counts(sku)
        assert counts.available + counts.reserved + counts.sold == initial
        assert min(counts.available, counts.reserved, counts.sold) >= 0
    assert await warehouse.is_sound()
