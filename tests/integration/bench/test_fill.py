"""Orders made in bulk are what a rebuild makes of their events, and what their buyers may see."""

import random
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bench.fill import Doors, demo_offers, fill, verify
from bench.fill_story import ENDINGS, live
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.order import queries
from jangteo.order.rebuild import rebuild
from jangteo.order.settings import OrderSettings


@pytest.fixture
def doors(servers, database_for):
    database_for("order")
    return Doors(
        load(OrderSettings, "order", servers.environment("order")), servers.url("postgres", "order", owner=True)
    )


async def _rows(database, tenant):
    async with database.read(tenant) as reader:
        return [tuple(row) for row in await reader.fetch("SELECT * FROM order_views ORDER BY order_id")]


async def test_a_rebuild_gives_the_rows_that_were_filled(doors, tenant):
    heavy = uuid4()
    await fill(doors, tenant, 300, heavy=[heavy], heavy_orders=60)
    async with open_database(doors.url) as database:
        before = await _rows(database, tenant)
        assert len(before) == 300
        assert await verify(database, tenant) == 100
        await rebuild(database)
        assert await _rows(database, tenant) == before


async def test_a_filled_order_is_listed_and_opened_like_any_other(doors, tenant):
    heavy = uuid4()
    await fill(doors, tenant, 120, heavy=[heavy], heavy_orders=45)
    async with open_database(doors.url) as database:
        seen, cursor = [], None
        while True:
            views, cursor = await queries.page(database, tenant, heavy, None, cursor, 20)
            seen += views
            if cursor is None:
                break
        assert len(seen) == 45
        assert [one.placed_at for one in seen] == sorted((one.placed_at for one in seen), reverse=True)
        async with open_vault(doors.settings, database) as vault:
            address = (await queries.unsealed(database, vault, tenant, seen[0])).address
        assert address.recipient == "김장터"


async def test_a_view_that_its_events_do_not_tell_is_found(doors, tenant):
    await fill(doors, tenant, 20)
    async with open_database(doors.url) as database:
        async with database.transaction(tenant) as transaction:
            await transaction.execute("UPDATE order_views SET total = total + 1")
        with pytest.raises(RuntimeError, match="not what its events tell"):
            await verify(database, tenant)


async def test_more_orders_for_few_members_than_there_are_in_all_are_refused(doors, tenant):
    with pytest.raises(ValueError, match="do not fit"):
        await fill(doors, tenant, 10, heavy=[uuid4()], heavy_orders=11)


def test_orders_end_in_every_way_that_is_foreseen():
    dice, offers = random.Random(3), demo_offers("demo", products=20)
    ends = Counter(live(dice, offers, uuid4(), "sealed", datetime.now(UTC)).story.order.state.value for _ in range(400))
    assert set(ends) == {name for name, _ in ENDINGS}
