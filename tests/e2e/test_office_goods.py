"""The office's pages on products, by links and forms alone: what staff write is in the shop, and nothing is lost."""

import asyncio
import csv
import html
import io
import re
import secrets
import sys
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from office_visitor import TOKEN, Desk, account_of

PRODUCTS = "/office/products"


@pytest.fixture
async def desk(mall):
    """Makes somebody of staff, logged in."""
    made = []

    async def make(role="goods", language="ko"):
        made.append(Desk(mall.url, language))
        await made[-1].log_in(account_of(mall, role))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


def fields_of(page, action):
    """Return what stands in the fields of the form of `page` that goes to `action`."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert form, f"no form to {action}"
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[1]):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        left_out = 'type="file"' in tag or ('type="checkbox"' in tag and "checked" not in tag)
        if name and not left_out and name[1] not in ("form_token", "action"):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form[1], re.S):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form[1], re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = html.unescape(chosen[1])
    return found


def written(**changed):
    code = secrets.token_hex(4)
    fields = {"name_ko": f"시험 찻잔 {code}", "name_en": f"Tea cup {code}", "category": "kitchen", "status": "draft"}
    fields |= {"variants[0].sku": f"CUP-{code}".upper(), "variants[0].price": "12,000", "max_per_order": "5"}
    return fields | changed


async def send(visitor, path, fields, status=303):
    """POST a form of which a field may be called as anything; return the answer."""
    token = TOKEN.search(visitor.page)[1]
    answer = await visitor.http.post(path, data={"form_token": token, "action": "save", **fields})
    assert answer.status_code == status, (
        path,
        answer.status_code,
        re.findall(r"field-error[^<]*<|notice-bad.*", answer.text),
    )
    visitor.page = answer.text or visitor.page
    return answer


async def save(visitor, path, fields):
    """POST a form and follow it; return what a reader sees."""
    return await visitor.open((await send(visitor, path, fields)).headers["location"])


async def category_of(visitor):
    shown = await visitor.open("/office/categories")
    return re.search(r'href="/office/categories/([a-z0-9_-]+)"', shown)[1]


async def made(visitor, **changed):
    """Add a product by the form; return the path of its page and what was typed."""
    typed = written(category=await category_of(visitor), **changed)
    await visitor.open(f"{PRODUCTS}/new")
    answer = await send(visitor, f"{PRODUCTS}/new", typed)
    return answer.headers["location"], typed


async def upload(visitor, page, path, file, status=303, **fields):
    await visitor.open(page)
    data = {"form_token": TOKEN.search(visitor.page)[1], **fields}
    answer = await visitor.http.post(path, data=data, files={"file": file})
    assert answer.status_code == status, answer.text[:2000]
    visitor.page = answer.text
    return answer


async def test_a_product_is_written_with_options_and_found_in_list_and_shop(desk, mall):
    visitor = await desk()
    path, typed = await made(visitor)
    fields = fields_of(await visitor.open(path), path)
    assert {name: fields[name] for name in typed if name != "variants[0].price"} == {
        name: value for name, value in typed.items() if name != "variants[0].price"
    }
    fields |= {"options[0].code": "colour", "options[0].name.ko": "색상", "options[0].values[0].code": "red"}
    fields |= {
        "options[0].values[0].ko": "빨강",
        "options[0].values[1].code": "blue",
        "options[0].values[1].ko": "파랑",
    }
    fields |= {"variants[0].choice.colour": "red", "attributes[1].code": "origin", "attributes[1].name.ko": "원산지"}
    fields |= {"attributes[1].value.code": "kr", "attributes[1].value.ko": "한국", "tags": "도자기\n선물"}
    combined = await send(visitor, path, fields | {"action": "combine"}, status=200)
    fields = fields_of(combined.text, path)
    assert (fields["variants[1].choice.colour"], fields["variants[1].price"]) == ("blue", "12000")
    assert fields["attributes[1].value.ko"] == "한국"  # nothing that was typed is lost
    await save(visitor, path, fields | {"status": "published"})
    shown = await visitor.open(f"{PRODUCTS}?q={typed['name_ko']}&status=published")
    assert shown.count(f'href="{path}"') == 1
    slug = re.search(r'href="/products/([^"]+)"', await visitor.open(path))[1]
    for _ in range(100):
        answer = await visitor.http.get(f"/v1/products/{slug}")
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.1)
    assert [variant["option"] for variant in answer.json()["variants"]] == ["빨강", "파랑"]
    assert answer.json()["tags"] == ["도자기", "선물"]


async def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(desk):
    visitor = await desk(language="en")
    typed = written(category="nowhere", **{"variants[3].sku": "no good", "variants[3].price": "cheap"})
    await visitor.open(f"{PRODUCTS}/new")
    answer = await send(visitor, f"{PRODUCTS}/new", typed, status=422)
    assert 'id="e-variants[3].sku"' in answer.text or 'id="e-variants[3].price"' in answer.text
    assert fields_of(answer.text, f"{PRODUCTS}/new")["variants[3].price"] == "cheap"
    typed |= {"variants[3].sku": "GOOD", "variants[3].price": "1"}
    answer = await send(visitor, f"{PRODUCTS}/new", typed, status=422)
    assert "GOOD must choose one value of each option" in answer.text
    assert typed["name_ko"] in answer.text


async def test_of_two_who_edit_the_second_sees_both_versions_and_may_save_its_own(desk):
    first, second = await desk(), await desk()
    path, _ = await made(first)
    mine = fields_of(await first.open(path), path)
    theirs = fields_of(await second.open(path), path)
    await save(second, path, theirs | {"name_ko": "다른 사람의 이름", "tags": "그들의 태그"})
    answer = await send(first, path, mine | {"name_ko": "나의 이름"}, status=409)
    for text in ("나의 이름", "다른 사람의 이름", "그들의 태그"):
        assert text in answer.text
    again = fields_of(answer.text, path)
    assert (again["name_ko"], again["version"]) == ("나의 이름", "2")
    await save(first, path, again)
    assert fields_of(await second.open(path), path)["name_ko"] == "나의 이름"


async def test_pictures_are_uploaded_described_put_in_order_and_taken_away(desk):
    visitor = await desk()
    path, _ = await made(visitor)
    page, goal = f"{path}/pictures", path.replace("/office/", "/office/uploads/") + "/pictures"
    for colour in ("red", "blue"):
        content = io.BytesIO()
        Image.new("RGB", (64, 64), colour).save(content, "PNG")
        await upload(visitor, page, goal, ("x.png", content.getvalue(), "image/png"), alt_ko=f"{colour} 찻잔")
    bad = await upload(visitor, page, goal, ("x.png", b"<svg/>", "image/png"), status=422, alt_ko="x")
    assert 'id="e-file"' in bad.text
    fields = fields_of(await visitor.open(page), page)
    red, blue = (name.removeprefix("place-") for name in fields if name.startswith("place-"))
    assert fields[f"ko-{red}"] == "red 찻잔"
    swapped = fields | {f"place-{red}": "2", f"place-{blue}": "1", f"en-{blue}": "A blue cup"}
    shown = await visitor.submit(page, **swapped)
    assert shown.index(f"place-{blue}") < shown.index(f"place-{red}")
    answer = await visitor.http.get(f"/media/{blue}")
    assert answer.headers["content-type"] == "image/webp"
    fields = fields_of(shown, page)
    await visitor.submit(page, **(fields | {f"drop-{blue}": "1"}))
    assert blue not in await visitor.open(page)


async def test_stock_is_moved_once_for_a_form_and_only_where_it_can_be(desk):
    visitor = await desk()
    path, typed = await made(visitor)
    page, sku = f"{path}/stock", typed["variants[0].sku"]
    fields = fields_of(await visitor.open(page), page) | {"delta": "7", "reference": "PO-1"}
    for _ in range(2):
        shown = await visitor.submit(page, **fields)
    assert shown.count("PO-1") == 1
    assert re.search(rf"<td>{sku}</td><td class=\"number\">7</td>", shown)
    fields = fields_of(shown, page) | {"delta": "-9", "reason": "damaged", "reference": "broken"}
    refused = await visitor.send(page, status=422, **fields)
    assert 'id="e-delta"' in refused.text
    assert fields_of(refused.text, page)["reference"] == "broken"
    low = await visitor.open(f"{PRODUCTS}/low-stock?threshold=7")
    assert sku not in low  # a draft is not on sale


async def test_a_sheet_is_exported_edited_and_imported_with_its_errors_by_row(desk):
    visitor = await desk()
    category, code = await category_of(visitor), secrets.token_hex(4)
    rows = [["product", "sku", "price", "name_ko", "category"]]
    rows += [[f"sheet-{code}-{n}", f"SHEET-{code}-{n}", "1000", f"표 {n}", category] for n in range(5)]
    rows[3][2] = "free"
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    page, goal = f"{PRODUCTS}/import", "/office/uploads/products/import"
    fields = fields_of(await visitor.open(page), goal)
    file = ("상품.csv", text.getvalue().encode("cp949"), "text/csv")
    where = {(await upload(visitor, page, goal, file, **fields)).headers["location"] for _ in range(2)}
    (progress,) = where  # the same form sent twice is one import
    for _ in range(100):
        shown = await visitor.open(progress)
        if "등록을 마쳤습니다" in shown:
            break
        assert 'hx-trigger="every 2s"' in shown
        await asyncio.sleep(0.2)
    assert "상품.csv" in shown
    assert "hx-trigger" not in shown
    assert re.search(r'<td class="number">4</td><td>price</td>', shown)
    part = await visitor.http.get(progress, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="progress"')
    exported = await visitor.http.get("/live/office/products.csv")
    assert exported.headers["content-disposition"] == 'attachment; filename="products.csv"'
    found = list(csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig"), newline="")))
    assert [row["sku"] for row in found if code in row["sku"]] == [f"SHEET-{code}-{n}" for n in (0, 1, 3, 4)]
    fields = fields_of(await visitor.open(page), goal)
    refused = await upload(visitor, page, goal, ("x.csv", b"a,b\n1,2", "text/csv"), status=422, **fields)
    assert 'id="e-file"' in refused.text


async def test_categories_are_added_moved_and_kept_from_a_stale_form(desk):
    visitor, slug = await desk(), f"c-{secrets.token_hex(4)}"
    await visitor.open("/office/categories")
    await visitor.submit("/office/categories", slug=slug, name_ko="시험 분류", name_en="", parent="", position="99")
    path = f"/office/categories/{slug}"
    fields = fields_of(await visitor.open(path), path)
    await visitor.submit(path, **(fields | {"name_en": "Test"}))
    await visitor.open(path)
    stale = await visitor.send(path, status=409, **(fields | {"name_ko": "나의 분류"}))
    assert "나의 분류" in stale.text
    assert "시험 분류" in stale.text
    again = fields_of(stale.text, path)
    assert "나의 분류" in await visitor.submit(path, **again)
    await visitor.open("/office/categories")
    await visitor.send("/office/categories", status=422, slug="Not Good", name_ko="", parent="", position="1")


async def test_who_looks_after_stock_alone_is_shown_stock_alone(desk, mall):
    goods, orders = await desk(), await desk("orders")
    path, _ = await made(goods)
    for closed in (
        PRODUCTS,
        f"{PRODUCTS}/new",
        path,
        f"{path}/stock",
        f"{PRODUCTS}/import",
        "/live/office/products.csv",
    ):
        await orders.open(closed, status=403)
    await orders.open("/office")
    await orders.send(path, status=403, action="save")
    await orders.send("/office/categories", status=403, slug="x", name_ko="x")
    assert f'href="{PRODUCTS}"' not in await orders.open("/office")
    assert f'href="{PRODUCTS}"' in await goods.open("/office")


async def test_a_long_list_goes_on_behind_its_last_product(desk):
    visitor = await desk()
    shown = await visitor.open(PRODUCTS)
    seen = re.findall(rf'<td><a href="({PRODUCTS}/[0-9a-f-]+)"', shown)
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', shown)[1])
    more = re.findall(rf'<td><a href="({PRODUCTS}/[0-9a-f-]+)"', await visitor.open(following))
    assert len(seen) == 50
    assert more
    assert not set(seen) & set(more)
    await visitor.http.get(f"{PRODUCTS}?cursor=nonsense")
    answer = await visitor.http.get(f"{PRODUCTS}?cursor=nonsense")
    assert (answer.status_code, answer.headers["location"]) == (303, PRODUCTS)
