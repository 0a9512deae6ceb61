"""What a crash may leave behind is finished later: announcements, the index, the demo shop."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from jangteo.contracts.product import ProductChanged
from jangteo.kit.ids import new_id
from jangteo.product.catalogue.announcing import announce_forgotten
from jangteo.product.catalogue.trees import Trees
from jangteo.product.demo.generator import generate
from jangteo.product.domain.catalogue import Product, Status, Text, Variant
from jangteo.product.reindex import reindex
from jangteo.product.search.building import Builder
from jangteo.product.search.finder import Request, find
from jangteo.product.search.shelf import Shelf
from jangteo.product.seed import seed_shop


def written(number, name="잊힌 우산"):
    from datetime import UTC, datetime

    return Product(
        id=new_id(),
        number=number,
        version=1,
        slug=f"forgotten-{number}",
        name=Text(ko=name),
        category="things",
        variants=[Variant(sku=f"FORGOTTEN-{number}", price=1_000)],
        status=Status.PUBLISHED,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


async def test_a_product_written_before_a_crash_is_announced_afterwards(app, catalogue, tenant, shopper, wait_until):
    product = written(1)
    await catalogue.add(tenant, [product])  # and here the process died

    async def found():
        return (await shopper.get("/v1/search", q="잊힌 우산"))["total"]

    await wait_until(found, 1)  # the service's own sweep found the mark
    assert not (await catalogue.unannounced()).get(tenant)


async def test_an_edit_during_the_announcement_keeps_its_mark(catalogue, database, tenant):
    import msgspec

    product = written(1)
    await catalogue.add(tenant, [product])
    newer = msgspec.structs.replace(product, version=2)
    assert await catalogue.replace(tenant, newer)
    await catalogue.announced(tenant, [product])
    assert [one.version for one in (await catalogue.unannounced()).get(tenant, [newer])] == [2]
    await announce_forgotten(catalogue, database)


async def test_a_rebuild_takes_the_place_of_the_index_while_it_is_searched(
    settings, app, demo_shop, caller, wait_until
):
    shelf = Shelf(Path(settings.state_dir) / "search" / demo_shop)
    before, shopper = shelf.current(), caller(tenant=demo_shop)
    stop = asyncio.Event()

    async def keep_searching():
        answered = 0
        while not stop.is_set():
            assert (await shopper.get("/v1/search", q="이어폰", size=1, min_price=answered % 100))["total"] > 0
            answered += 1
            await asyncio.sleep(0.005)  # nothing in here waits for anything outside
        return answered

    searching = asyncio.create_task(keep_searching())
    assert await reindex(settings, [demo_shop]) == {demo_shop: 330}
    assert shelf.current() != before

    async def folders():
        return sorted(folder.name for folder in (Path(settings.state_dir) / "search" / demo_shop).iterdir())

    await wait_until(folders, sorted([shelf.current(), "current"]))
    stop.set()
    assert await searching > 0


async def test_a_warm_start_writes_only_what_differs(catalogue, database, tenant, tmp_path):
    builder, shelf = Builder(catalogue, database, Trees(catalogue)), Shelf(tmp_path)
    await seed_shop(catalogue, database, tenant, 30)
    name, index = await builder.create(shelf, tenant)
    assert await builder.reconcile(tenant, index) == 30
    shelf.use(name)
    index.rest()
    opened = shelf.open(shelf.current())
    assert await builder.reconcile(tenant, opened) == 0
    gone = next(generate(1, shop=tenant)).product.id
    await catalogue._products.delete_one({"_id": f"{tenant}/{gone}"})
    assert await builder.reconcile(tenant, opened) == 1
    assert find(opened, Request()).total == 29
    opened.rest()


async def test_an_index_of_another_format_is_not_opened(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.use("0-abc")
    assert shelf.current() is None


async def test_seeding_again_makes_nothing_and_a_broken_seeding_is_finished(catalogue, database, tenant):
    assert await seed_shop(catalogue, database, tenant, 40) == 40
    assert await seed_shop(catalogue, database, tenant, 40) == 0
    # As if killed between documents and stock:
    some = list(generate(60, shop=tenant))[40:]
    await catalogue.add(tenant, [made.product for made in some[:10]])
    assert await seed_shop(catalogue, database, tenant, 60) == 10
    async with database.read(tenant) as reader:
        rows = await reader.fetch("SELECT sku, on_hand FROM stock_items WHERE tenant = $1", tenant)
    wanted = {sku: left for made in generate(60, shop=tenant) for sku, left in made.stock.items()}
    assert {row["sku"]: row["on_hand"] for row in rows} == wanted


async def test_a_shop_that_somebody_filled_is_not_seeded(catalogue, database, tenant):
    await catalogue.add(tenant, [written(1)])
    assert await seed_shop(catalogue, database, tenant, 40) == 0
    assert await catalogue.categories(tenant) == []


async def test_an_event_about_nothing_we_know_does_no_harm(app, database, tenant, shopper, caller):
    async with database.transaction(tenant) as transaction:
        transaction.send(ProductChanged(product_id=uuid4(), version=1))
    async with database.transaction("nobody") as transaction:
        transaction.send(ProductChanged(product_id=uuid4(), version=1))
    await asyncio.sleep(0.4)
    assert (await shopper.get("/v1/products"))["total"] == 0


@pytest.mark.parametrize("check", ["database", "documents", "bus", "search"])
async def test_readiness_names_every_check(app, shopper, check):
    answer = await shopper.call("GET", "/health/ready")
    assert answer.json()["checks"][check] == "ok"


async def test_all_published_products_are_found_across_gaps_in_their_numbers(catalogue, tenant):
    await catalogue.next_number(tenant, 4_000)
    kept = [written(number) for number in (1, 1_000, 1_001, 3_999, 4_000)]
    await catalogue.add(tenant, kept)
    found = await catalogue.published(tenant)
    assert found == {product.id: (1, product.name.ko) for product in kept}
