"""A sheet is imported in the background: good rows take effect once, bad ones are told, and a dead process goes on."""

import asyncio
import csv
import io
import threading
import uuid

import pytest

from jangteo.kit import audit
from jangteo.product.domain.catalogue import Category, Text
from jangteo.product.sheets import jobs
from jangteo.product.sheets.columns import COLUMNS
from jangteo.product.sheets.importing import AT_ONCE, Importer
from jangteo.product.sheets.reading import read_sheet
from jangteo.product.sheets.writing import Writer

IMPORTS, EXPORT = "/v1/catalogue/imports", "/v1/catalogue/export"
OPENING = ("product", "sku", "price", "name_ko", "category", "opening_stock")


def sheet(*rows, columns=("product", "sku", "price", "name_ko", "category", "status")):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def row(number, **changed):
    cells = {"product": f"thing-{number}", "sku": f"T-{number}", "price": 1_000, "name_ko": f"물건 {number}"}
    return list((cells | {"category": "things", "status": "published"} | changed).values())


@pytest.fixture
async def bring(staff, wait_until):
    """Import a sheet and wait for its end."""
    await staff.call("POST", "/v1/categories", {"slug": "things", "name_ko": "물건"})

    async def bring_in(content, seconds=30.0):
        answer = await staff.call("POST", IMPORTS + "?name=goods.csv", content, Idempotency_Key=uuid.uuid4().hex)
        assert answer.status_code == 202, answer.text

        async def state():
            return (await staff.get(f"{IMPORTS}/{answer.json()['id']}"))["state"]

        await wait_until(state, "done", seconds)
        return await staff.get(f"{IMPORTS}/{answer.json()['id']}")

    return bring_in


def counts(done):
    return {name: done[name] for name in ("total", "done", "added", "changed", "unchanged", "failed")}


async def errors_of(staff, done):
    page = await staff.get(f"{IMPORTS}/{done['id']}/errors")
    return [(one["row"], one["field"], one["code"]) for one in page["items"]]


async def total(shopper):
    return (await shopper.get("/v1/products", size=1))["total"]


async def test_rows_of_several_batches_with_three_bad_ones(staff, shopper, bring, wait_until, caller):
    """As many as make three batches; 5,000 of them are brought in by a browser, in tests/browser."""
    rows = [row(number) for number in range(2 * AT_ONCE + 100)]
    rows[16] = row(16, price="free")
    rows[250] = row(250, category="nowhere")
    rows[499] = row(499, sku="T-7")
    done = await bring(sheet(*rows))
    assert counts(done) == {"total": 500, "done": 500, "added": 497, "changed": 0, "unchanged": 0, "failed": 3}
    assert await errors_of(staff, done) == [
        (18, "price", "import.cell_unreadable"),
        (252, "category", "product.unknown_category"),
        (501, "sku", "import.sku_repeated"),
    ]
    english = await caller(scope="products.manage", language="en").get(f"{IMPORTS}/{done['id']}/errors", size=2)
    assert english["items"][1]["message"] == "There is no category nowhere."
    assert english["items"][1]["message_ko"] == "없는 분류입니다: nowhere"
    rest = await staff.get(f"{IMPORTS}/{done['id']}/errors", cursor=english["next_cursor"])
    assert [one["row"] for one in rest["items"]] == [501]
    await wait_until(lambda: total(shopper), 497, seconds=60)


async def test_what_is_exported_and_imported_again_changes_nothing(staff, bring, make_product, database, tenant):
    await make_product(
        staff,
        name="=1+1",
        name_en="-x",
        slug="tricky",
        description_ko='첫 줄\r\n둘째, "줄"\n',
        brand={"code": "acme", "ko": "아;크|메", "en": " A:c,m\\e "},
        options=[
            {"code": "size", "name": {"ko": "크기"}, "values": [{"code": "s", "ko": "작음"}, {"code": "m", "ko": "중"}]}
        ],
        variants=[
            {"sku": "TR-S", "price": 1, "list_price": 2, "choice": {"size": "s"}},
            {"sku": "TR-M", "price": 3, "choice": {"size": "m"}},
        ],
        tags=["@tag", "둘"],
        tax_free=True,
        status="draft",
        publish_at="2040-01-01T00:00:00+09:00",
    )
    await make_product(staff, name="평범한 물건")
    exported = (await staff.call("GET", EXPORT)).content
    lines = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"), newline="")))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == 4
    assert not [cell for line in lines for cell in line if cell[:1] in ("=", "-", "+", "@")]
    done = await bring(exported)
    assert counts(done) == {"total": 3, "done": 3, "added": 0, "changed": 0, "unchanged": 3, "failed": 0}
    assert (await staff.call("GET", EXPORT)).content == exported
    async with database.read(tenant) as reader:
        versions = await reader.fetch("SELECT version FROM products WHERE tenant = $1", tenant)
    assert [one["version"] for one in versions] == [1, 1]


async def test_a_sheet_of_some_columns_changes_those_only(staff, bring, make_product, take_in):
    product = await make_product(staff, slug="cup", sku="CUP-1", tags=["도자기"])
    await take_in(staff, product, "CUP-1", 4)
    content = sheet(("cup", "CUP-1", "7000", "9"), columns=("product", "sku", "price", "opening_stock"))
    done = await bring(content)
    assert counts(done)["changed"] == 1
    after = await staff.get(f"/v1/catalogue/products/{product['id']}")
    assert (after["variants"][0]["price"], after["tags"], after["version"]) == (7_000, ["도자기"], 2)
    stock = (await staff.get(f"/v1/products/{product['id']}/stock-movements"))["stock"]
    assert stock[0]["on_hand"] == 4  # it had stock already, so none is opened
    assert counts(await bring(content))["unchanged"] == 1


async def test_new_products_open_with_their_stock_once(staff, bring):
    content = sheet(("mug", "MUG-1", "100", "머그", "things", "12"), columns=OPENING)
    for outcome in ("added", "unchanged"):
        assert counts(await bring(content))[outcome] == 1
    (found,) = (await staff.get("/v1/catalogue/products"))["items"]
    assert (found["slug"], found["on_hand"]) == ("mug", 12)


async def test_of_looks_at_an_import_only_anothers_is_noted(bring, caller, database, tenant):
    done = await bring(sheet(row(1)))
    await caller(scope="products.manage").get(f"{IMPORTS}/{done['id']}")
    async with database.read(tenant) as reader:
        looks = "SELECT count(*) FROM audit_entries WHERE tenant = $1 AND action = 'import.read'"
        assert await reader.fetchval(looks, tenant) == 1


class Killed(BaseException):
    """The process is gone."""


async def begun(catalogue, database, settings, content):
    """Open an import in a shop that no process works for; return both."""
    tenant = f"k-{uuid.uuid4().hex[:8]}"
    audit.keep(database, "product", settings.audit_key)
    await catalogue.put_category(tenant, Category(code="things", name=Text(ko="물건")))
    async with database.transaction(tenant) as transaction:
        lines = read_sheet(content)
        return tenant, await jobs.open_import(transaction, "x.csv", uuid.uuid4(), "products.manage", lines)


def die_at(monkeypatch, where):
    """Let the next batch break off there."""
    real = Writer.write

    async def die(*_, **__):
        raise Killed

    async def write_and_die(self, groups):
        await real(self, groups)
        raise Killed

    if where == "before its documents":
        monkeypatch.setattr(Writer, "write", die)
    elif where == "after its documents":
        monkeypatch.setattr(Writer, "write", write_and_die)
    else:
        monkeypatch.setattr(jobs, "advance", die)


@pytest.mark.parametrize("where", ["before its documents", "after its documents", "before it is noted"])
async def test_a_killed_process_loses_nothing_and_does_nothing_twice(
    catalogue, stock_database, monkeypatch, where, settings
):
    """The batch in hand is broken off as a kill would do it, and another process goes on when the lease is over."""
    rows = [(f"k-{n}", f"K-{n}", 100, f"물건 {n}", "things", 3) for n in range(AT_ONCE + 10)]
    tenant, opened = await begun(catalogue, stock_database, settings, sheet(*rows, columns=OPENING))
    die_at(monkeypatch, where)
    importer = Importer(catalogue, stock_database)
    with pytest.raises(Killed):
        await importer.work()
    monkeypatch.undo()
    assert await importer.work() == 0  # the dead one's lease is not over
    stock_database.clock.advance(jobs.LEASE.total_seconds() + 1)
    late = await jobs.claim(stock_database)
    stock_database.clock.advance(jobs.LEASE.total_seconds() + 1)
    assert [await importer.work() for _ in range(3)] == [AT_ONCE, 10, 0]
    await jobs.give_up(stock_database, late)  # others have brought it on meanwhile
    done = await jobs.show(stock_database, tenant, opened.id)
    assert (done.state, done.done, done.added, done.failed) == ("done", len(rows), len(rows), 0)
    async with stock_database.read(tenant) as reader:
        stock = await reader.fetch("SELECT on_hand FROM stock_items WHERE tenant = $1", tenant)
        versions = await reader.fetch("SELECT version FROM products WHERE tenant = $1", tenant)
        assert await reader.fetchval("SELECT count(*) FROM import_rows WHERE tenant = $1", tenant) == 0
    assert [one["on_hand"] for one in stock] == [3] * len(rows)
    assert [one["version"] for one in versions] == [1] * len(rows)


async def test_an_import_that_is_given_up_leaves_no_product_that_nobody_is_told_of(
    catalogue, stock_database, monkeypatch, settings
):
    tenant, opened = await begun(catalogue, stock_database, settings, sheet(*(row(n) for n in range(3))))

    async def die(*_, **__):
        raise Killed

    importer = Importer(catalogue, stock_database)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "advance", die)
        for _ in range(jobs.MAX_ATTEMPTS):
            with pytest.raises(Killed):
                await importer.work()
            stock_database.clock.advance(jobs.LEASE.total_seconds() + 1)
    assert await importer.work() == 0
    assert (await jobs.show(stock_database, tenant, opened.id)).state == "failed"
    async with stock_database.read(tenant) as reader:
        for table in ("products", "stock_items"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} WHERE tenant = $1", tenant) == 3


async def test_a_file_is_imported_once_for_its_key(staff, bring, wait_until):
    await bring(sheet(row(1)))
    key = uuid.uuid4().hex
    answers = [await staff.call("POST", IMPORTS, sheet(row(2)), Idempotency_Key=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await staff.call("POST", IMPORTS, sheet(row(3)), Idempotency_Key=key)).status_code == 422
    assert (await staff.call("POST", IMPORTS, sheet(row(3)))).json()["errors"][0]["field"] == "Idempotency-Key"
    assert len((await staff.get(IMPORTS))["items"]) == 2


async def test_a_sku_of_another_product_and_a_picture_nobody_uploaded_are_refused(staff, bring, make_product):
    await make_product(staff, slug="owner", sku="OWNED")
    columns = ("product", "sku", "price", "name_ko", "category", "pictures")
    done = await bring(
        sheet(
            ("thief", "OWNED", 1, "도둑", "things", ""),
            ("blind", "BLIND", 1, "그림", "things", "0123.webp|앞"),
            ("good", "GOOD", 1, "좋음", "things", ""),
            columns=columns,
        )
    )
    assert (done["added"], done["failed"]) == (1, 2)
    assert await errors_of(staff, done) == [
        (2, "sku", "product.sku_taken"),
        (3, "pictures", "product.unknown_picture"),
    ]


async def test_a_useless_file_is_refused_at_once(staff):
    answer = await staff.call("POST", IMPORTS, b"a,b\n1,2", Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "import.column_unknown")
    assert (await staff.get(IMPORTS))["items"] == []


async def test_imports_are_for_those_who_look_after_the_products_of_that_shop(staff, caller, bring, other_tenant):
    done = await bring(sheet(row(1)))
    paths = [IMPORTS, f"{IMPORTS}/{done['id']}", f"{IMPORTS}/{done['id']}/errors", EXPORT]
    for scope, status in ((None, 401), ("", 403), ("stock.manage", 403), ("products.manage", 200)):
        for path in paths:
            assert (await caller(scope=scope).call("GET", path)).status_code == status
    assert (await caller(scope="stock.manage").call("POST", IMPORTS, sheet(row(1)))).status_code == 403
    stranger = caller(tenant=other_tenant, scope="products.manage")
    assert (await stranger.call("GET", paths[1])).status_code == 404
    assert (await stranger.call("GET", paths[2])).status_code == 404


async def test_a_sku_of_any_length_is_told_as_the_fault_of_its_row(staff, bring):
    endless = "".join(chr(0xAC00 + number * 7 % 11_172) for number in range(5_000))
    done = await bring(sheet(row(1), row(2, sku=endless)))
    assert (done["added"], done["failed"]) == (1, 1)
    assert [(number, field) for number, field, _ in await errors_of(staff, done)] == [(3, "sku")]


async def test_the_shop_answers_while_a_large_sheet_is_read(staff, bring, monkeypatch):
    from jangteo.product.api import sheets

    may_go_on, real = threading.Event(), sheets.read_sheet

    def read_slowly(content):
        assert may_go_on.wait(10)
        return real(content)

    monkeypatch.setattr(sheets, "read_sheet", read_slowly)
    reading = asyncio.create_task(bring(sheet(row(1))))
    async with asyncio.timeout(9):
        await asyncio.sleep(0.2)
        assert (await staff.get(IMPORTS))["items"] == []
    may_go_on.set()
    assert (await reading)["added"] == 1
