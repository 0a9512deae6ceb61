"""What was bought lately stands first, and what goes with a product is like it."""

import uuid
from datetime import timedelta

import pytest

from jangteo.contracts.order import OrderLine, OrderPaid
from jangteo.product import popularity


def paid(**quantities):
    lines = [OrderLine(sku=sku.replace("_", "-"), quantity=quantity) for sku, quantity in quantities.items()]
    ids = {"order_id": uuid.uuid4(), "order_number": "A-1", "member_id": uuid.uuid4()}
    return OrderPaid(**ids, total=1, currency="KRW", lines=lines, cart_id=None)


async def say(database, tenant, *messages):
    async with database.transaction(tenant) as transaction:
        transaction.send(*messages)


async def ids_of(shopper, **query):
    return [card["id"] for card in (await shopper.get("/v1/products", **query))["items"]]


async def test_what_is_bought_more_is_listed_first(app, database, tenant, staff, shopper, make_product, wait_until):
    made = [await make_product(staff, sku=f"P-{n}") for n in range(3)]
    a, b, c = (product["id"] for product in made)
    await wait_until(lambda: ids_of(shopper, sort="newest"), [c, b, a])
    await say(database, tenant, paid(P_0=2, P_1=1), paid(P_1=4, NOBODYS=9))
    await wait_until(lambda: ids_of(shopper, sort="popularity"), [b, a, c])
    assert await popularity.read_all_units(database, tenant) == {uuid.UUID(a): 2, uuid.UUID(b): 5}


async def test_what_was_bought_long_ago_does_not_count(stock_database, warehouse):
    await warehouse.stock(A=1)
    tenant, clock = warehouse.tenant, stock_database.clock
    async with stock_database.transaction(tenant) as transaction:
        await popularity.count_paid(transaction, [OrderLine(sku="A", quantity=3), OrderLine(sku="A", quantity=4)])
    (product,) = await popularity.read_all_units(stock_database, tenant)
    assert await popularity.read_units(stock_database, tenant, [product]) == {product: 7}
    await popularity.tell_changes(stock_database)
    clock.advance(timedelta(days=29).total_seconds())
    assert await popularity.read_units(stock_database, tenant, [product]) == {product: 7}
    clock.advance(timedelta(days=1).total_seconds())
    assert await popularity.read_units(stock_database, tenant, [product]) == {}
    assert await popularity.tell_changes(stock_database) > 0
    async with stock_database.read(tenant) as reader:
        assert await reader.fetchval("SELECT count(*) FROM sales WHERE tenant = $1", tenant) == 0


async def test_an_order_that_is_told_twice_counts_once(app, database, tenant, staff, make_product, wait_until):
    from jangteo.kit.postgres import Receipt
    from jangteo.product.handlers import HANDLERS

    product = await make_product(staff, sku="TWICE")
    message, receipt = paid(TWICE=2), Receipt(uuid.uuid4(), "product")
    for _ in range(2):
        async with database.transaction(tenant, receipt) as transaction:
            if not transaction.is_repeat:
                await HANDLERS[OrderPaid](message, transaction)
    assert await popularity.read_all_units(database, tenant) == {uuid.UUID(product["id"]): 2}


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
