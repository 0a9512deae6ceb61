"""The books of the stock: every change is written, none can be altered, and whatever happens they agree."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouse import Warehouse

from jangteo.contracts.product import (
    AvailabilityChanged,
    StockCommitFailed,
    StockRefused,
)
from jangteo.product.audit import find_differences, mend


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
