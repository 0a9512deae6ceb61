"""What was bought lately stands first, and what goes with a product is like it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from jangteo.contracts.product import CommitStock, ReserveStock, StockLine
from jangteo.product import popularity
from jangteo.product.stock import commands


async def ids_of(shopper, **query):
    return [card["id"] for card in (await shopper.get("/v1/products", **query))["items"]]


async def test_what_is_bought_more_is_listed_first(
    app, database, tenant, staff, shopper, make_product, take_in, wait_until
):
    made = [await make_product(staff, sku=f"P-{n}") for n in range(3)]
    a, b, c = (product["id"] for product in made)
    await wait_until(lambda: ids_of(shopper, sort="newest"), [c, b, a])
    for product, sku, quantity in ((made[0], "P-0", 2), (made[1], "P-1", 5)):
        await take_in(staff, product, sku, quantity)
        lines, order = [StockLine(sku=sku, quantity=quantity)], uuid.uuid4()
        until = datetime.now(UTC) + timedelta(minutes=5)
        async with database.transaction(tenant) as transaction:
            transaction.send(ReserveStock(order_id=order, lines=lines, expires_at=until), CommitStock(order_id=order))
    await wait_until(lambda: ids_of(shopper, sort="popularity"), [b, a, c])
    assert await popularity.read_all_units(database, tenant) == {uuid.UUID(a): 2, uuid.UUID(b): 5}


async def test_what_was_bought_long_ago_does_not_count(warehouse, sell, units):
    await warehouse.stock(A=9)
    await sell(A=7)
    (product,) = await popularity.read_all_units(warehouse.database, warehouse.tenant)
    await popularity.tell_changes(warehouse.database)
    warehouse.clock.advance(timedelta(days=29).total_seconds())
    found = await popularity.read_units(warehouse.database, warehouse.tenant, [product])
    assert (found, await units()) == ({product: 7}, 7)
    warehouse.clock.advance(timedelta(days=1).total_seconds())
    assert await popularity.read_units(warehouse.database, warehouse.tenant, [product]) == {}
    assert await popularity.tell_changes(warehouse.database) > 0
    async with warehouse.database.read(warehouse.tenant) as reader:
        assert await reader.fetchval("SELECT count(*) FROM sales WHERE tenant = $1", warehouse.tenant) == 0


@pytest.fixture
def sell(warehouse):
    """Lets an order buy; every command comes twice."""

    async def sell(**quantities):
        order = uuid.uuid4()
        await warehouse.reserve(order, **quantities)
        for _ in range(2):
            await warehouse.commit(order)
        return order

    return sell


@pytest.fixture
def units(warehouse):
    """The pieces that count, of all products of the shop."""

    async def read():
        return sum((await popularity.read_all_units(warehouse.database, warehouse.tenant)).values())

    return read


async def give_back(warehouse, order, return_id, **quantities):
    lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    for _ in range(2):
        await warehouse._do(commands.restock, order, return_id, lines)


async def test_what_is_cancelled_or_returned_counts_no_more_and_once_however_often_it_is_told(warehouse, sell, units):
    await warehouse.stock(A=20, B=20)
    cancelled, returned, kept = await sell(A=3, B=2), await sell(A=4, B=1), await sell(B=1)
    never_paid = uuid.uuid4()
    await warehouse.reserve(never_paid, A=5)
    assert await units() == 11
    await give_back(warehouse, returned, uuid.uuid4(), A=1)
    await give_back(warehouse, returned, uuid.uuid4(), A=1, B=1)
    assert await units() == 8
    for order in (cancelled, cancelled, never_paid, never_paid):
        await warehouse.release(order)
    assert await units() == 3
    for order in (returned, kept, kept):
        await warehouse.release(order)
    assert await units() == 0


async def test_what_comes_back_is_taken_off_the_day_of_its_sale(warehouse, sell, units):
    await warehouse.stock(A=20)
    old = await sell(A=3)
    warehouse.clock.advance(timedelta(days=20).total_seconds())
    await sell(A=5)
    await give_back(warehouse, old, uuid.uuid4(), A=2)
    assert await units() == 6
    warehouse.clock.advance(timedelta(days=10).total_seconds())
    assert await units() == 5
    await warehouse.release(old)
    assert await units() == 5


async def test_a_sale_whose_hold_had_run_out_counts_too(warehouse, units):
    await warehouse.stock(A=2)
    order = uuid.uuid4()
    await warehouse.reserve(order, A=2)
    warehouse.clock.advance(7_200)
    await warehouse.expire()
    await warehouse.commit(order)
    assert await units() == 2
    await warehouse.release(order)
    assert await units() == 0


@pytest.fixture
def related(shopper):
    async def read(address, **query):
        return [card["id"] for card in (await shopper.get(f"/v1/products/{address}/related", **query))["items"]]

    return read


async def test_related_products_are_of_its_shelf_first_then_alike(staff, shopper, make_product, wait_until, related):
    for slug, parent in (("wear", None), ("hats", "wear"), ("gloves", "wear"), ("food", None)):
        await staff.call("POST", "/v1/categories", {"slug": slug, "name_ko": slug, "parent": parent})
    wool = {"attributes": [{"code": "stuff", "name": {"ko": "소재"}, "value": {"code": "wool", "ko": "울"}}]}
    brand = {"brand": {"code": "acme", "ko": "아크메"}}
    hat = await make_product(staff, category="hats", slug="hat", **wool, **brand)
    other_hat = await make_product(staff, category="hats")
    woollen_hat = await make_product(staff, category="hats", **wool)
    gloves = await make_product(staff, category="gloves")
    acme_gloves = await make_product(staff, category="gloves", **brand)
    await make_product(staff, category="food", **wool, **brand)
    draft = await make_product(staff, category="hats", status="draft")
    wanted = [one["id"] for one in (woollen_hat, other_hat, acme_gloves, gloves)]
    await wait_until(lambda: related("hat"), wanted)
    assert await related(hat["id"], size=2) == wanted[:2]
    for address in (draft["id"], "nowhere"):
        assert (await shopper.call("GET", f"/v1/products/{address}/related")).status_code == 404
