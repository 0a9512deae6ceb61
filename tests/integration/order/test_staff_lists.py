"""What staff see of all orders: filtered, a page at a time, at one cost however many there are; and the figures."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from order_client import Client

from jangteo.kit.postgres import open_database
from jangteo.order import listing, statistics
from jangteo.order.domain.number import SEOUL
from jangteo.order.queries import AFTER_ALL
from jangteo.order.rebuild import rebuild
from jangteo.order.states import State

TODAY = datetime.now(SEOUL).date()


@pytest.fixture
def staff(session, order_url, tenant):
    """A member of staff who may see orders."""
    return Client(session, order_url, tenant, scope="orders.read")


@pytest.fixture
async def orders(buyer, session, order_url, world):
    """Three orders of two members: paid, rejected, awaiting payment."""
    other = Client(session, order_url, buyer.tenant)
    _, paid = await buyer.place(("A-1", 1), wait=10)
    _, rejected = await other.place(("SOLDOUT", 1), wait=10)
    _, waiting = await buyer.place(("A-1", 2), payment=None, wait=10)
    assert [one["status"] for one in (paid, rejected, waiting)] == ["paid", "rejected", "reserved"]
    return [paid, rejected, waiting]


async def ids(staff, query=""):
    status, page = await staff.call("GET", f"/v1/staff/orders?{query}")
    assert status == 200, page
    return [item["order_id"] for item in page["items"]]


async def test_staff_see_all_orders_the_newest_first_and_may_filter_them(staff, buyer, orders):
    paid, rejected, waiting = (order["order_id"] for order in orders)
    assert await ids(staff) == [waiting, rejected, paid]
    assert await ids(staff, "status=paid") == [paid]
    assert await ids(staff, "status=paid&status=reserved") == [waiting, paid]
    assert await ids(staff, f"member_id={buyer.member}") == [waiting, paid]
    assert await ids(staff, f"member_id={buyer.member}&status=reserved") == [waiting]
    assert await ids(staff, f"number={orders[1]['order_number'].lower()}") == [rejected]
    assert await ids(staff, f"number={orders[1]['order_number']}&status=paid") == []
    assert await ids(staff, "number=20260101-XXXXXXX") == []


async def test_days_are_those_of_seoul_and_both_ends_belong_to_the_period(staff, orders):
    everything = [order["order_id"] for order in reversed(orders)]
    tomorrow, yesterday = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    assert await ids(staff, f"first={yesterday}&last={tomorrow}") == everything
    assert await ids(staff, f"last={yesterday - timedelta(days=1)}") == []
    assert await ids(staff, f"first={tomorrow + timedelta(days=1)}&status=paid") == []


async def test_pages_follow_one_another_without_a_gap(staff, orders):
    for query in ("", "status=paid&status=rejected&status=reserved&"):
        seen, cursor = [], ""
        while cursor is not None:
            _, page = await staff.call("GET", f"/v1/staff/orders?{query}size=1{cursor and '&cursor=' + cursor}")
            seen += [item["order_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == [order["order_id"] for order in reversed(orders)]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/staff/orders?status=lost", "status"),
        ("/v1/staff/orders?first=yesterday", "first"),
        ("/v1/staff/orders?first=0003-06-27", "first"),
        ("/v1/staff/orders?last=9999-12-31", "last"),
        ("/v1/staff/orders?cursor=x", "cursor"),
        ("/v1/staff/orders?number=%00", "number"),
        ("/v1/staff/orders?size=101", "size"),
        ("/v1/staff/order-statistics?step=minute", "step"),
        ("/v1/staff/order-statistics?first=2026-02-02&last=2026-02-01", "last"),
        ("/v1/staff/order-statistics?last=9999-12-31", "last"),
        ("/v1/staff/order-statistics?first=2020-01-01&last=2026-02-01", "last"),
        ("/v1/staff/order-statistics?first=2026-01-01&last=2026-02-01&step=hour", "last"),
    ],
)
async def test_what_cannot_be_asked_is_told_by_its_field(staff, path, field):
    status, problem = await staff.call("GET", path)
    assert status == 422, problem
    assert problem["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize("path", ["/v1/staff/orders", "/v1/staff/order-statistics"])
async def test_nobody_else_sees_them(buyer, session, order_url, path, orders):
    assert (await buyer.call("GET", path))[0] == 403
    elsewhere = Client(session, order_url, "order-0", member=buyer.member, scope="orders.read")
    _, seen = await elsewhere.call("GET", path)
    assert orders[0]["order_id"] not in json.dumps(seen)


async def test_the_figures_are_there_at_once_and_stay_when_rolled_up_or_made_anew(
    staff, buyer, world, orders, database_for
):
    expected = {"placed": 3, "placed_total": 53_000, "paid": 1, "sales": 14_000, "converted": 1, "rejected": 1}
    expected |= {"cancelled": 0, "refunded": 0, "net_sales": 14_000, "conversion": 1 / 3}

    async def figures(step="day"):
        _, found = await staff.call("GET", f"/v1/staff/order-statistics?step={step}&first={TODAY}&last={TODAY}")
        assert len(found["items"]) == (1 if step == "day" else 24)
        return {name: found["total"][name] for name in expected}

    assert await figures() == expected
    async with open_database(database_for("order")) as database:
        await asyncio.gather(*(statistics.roll_up(database) for _ in range(3)))
        assert await figures() == expected
        await buyer.call("POST", f"/v1/orders/{orders[2]['order_id']}/cancellation", {}, key="c", Prefer="wait=10")
        await buyer.call("POST", f"/v1/orders/{orders[0]['order_id']}/cancellation", {}, key="d", Prefer="wait=10")
        await buyer.until(orders[0]["order_id"], "cancelled")
        expected |= {"cancelled": 2, "refunded": 14_000, "net_sales": 0}
        assert await figures("hour") == expected
        await rebuild(database)
        assert await figures() == expected


FILL = """
WITH made AS (
    INSERT INTO order_views (order_id, tenant, member_id, number, status, version, total, placed_at, updated_at, body)
    SELECT (lpad(to_hex((extract(epoch FROM $2::timestamptz) * 1000)::bigint + n), 12, '0')
            || '70008000000000000000')::uuid,
        $1, $3, 'N-' || n, CASE WHEN n % 1000 = 0 THEN 'paid' ELSE 'delivered' END, 1, 1,
        $2::timestamptz + n * interval '1 millisecond', $2, '{}'
    FROM generate_series($4::int, $5::int) AS n RETURNING *)
INSERT INTO order_statuses SELECT order_id, tenant, status, placed_at FROM made
"""
WANTED = {
    "all": listing.Wanted(),
    "a rare state": listing.Wanted(states=(State.PAID,)),
    "two states": listing.Wanted(states=(State.PAID, State.DELIVERED)),
    "a state that no order has": listing.Wanted(states=(State.SHIPPED,)),
    "a period": listing.Wanted(first=TODAY - timedelta(days=5), last=TODAY),
    "a state of a period": listing.Wanted(states=(State.DELIVERED,), first=TODAY - timedelta(days=5), last=TODAY),
    "a member": listing.Wanted(member_id=UUID(int=5)),
    "a number": listing.Wanted(number="N-7"),
}


def rows_read(plan) -> int:
    """Return how many rows a plan took from its tables and indexes, those that it threw away included."""
    own = 0
    if "Relation Name" in plan:
        thrown = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = round((plan["Actual Rows"] + thrown) * plan["Actual Loops"])
    return own + sum(rows_read(part) for part in plan.get("Plans", ()))


async def test_a_page_reads_no_more_rows_of_ten_times_as_many_orders(own_database, servers):
    url = own_database("orderpages")
    read = {}
    async with open_database(url) as database:
        for first, last in ((1, 10_000), (10_001, 100_000)):
            async with database.transaction("many") as transaction:
                values = ("many", datetime.now(UTC) - timedelta(days=1), UUID(int=5), first, last)
                await transaction.execute(FILL, *values)
            async with (
                open_database(servers.url("postgres", "orderpages", owner=True)) as owner,
                owner.read("*") as own,
            ):
                await own.fetch("ANALYZE")
            for name, wanted in WANTED.items():
                statement, values = listing.query("many", wanted, AFTER_ALL, 21)
                async with database.read("many") as reader:
                    told = await reader.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
                read[name, last] = rows_read(json.loads(told)[0]["Plan"])
    for name in WANTED:
        assert read[name, 100_000] <= max(read[name, 10_000], 100), (name, read)
