"""Products in the office in a browser: an import of a whole shop, whose progress shows itself."""

import re
import secrets

from playwright.async_api import expect

from tests.browser.axe import barriers


async def test_five_thousand_rows_with_three_bad_ones_show_their_progress_by_themselves(staff_of, owner):
    # Drafts, so that the shop of the other stories stays as it is.
    category = (await owner.call("GET", "/v1/categories"))["items"][0]["slug"]
    mark = secrets.token_hex(4)
    rows = [[f"{mark}-{n}", f"{mark}-{n}".upper(), "1000", f"물건 {n}", category, "draft"] for n in range(5_000)]
    rows[16][2], rows[2_500][4], rows[4_999][1] = "free", "nowhere", rows[7][1]
    sheet = "product,sku,price,name_ko,category,status\n" + "".join(",".join(row) + "\n" for row in rows)
    one = await staff_of("goods")
    await one.open("/office/products/import")
    file = {"name": "goods.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
    await one.page.get_by_label("CSV 파일").set_input_files(file)
    await one.page.get_by_role("button", name="등록 시작").click()
    await expect(one.page).to_have_url(re.compile("/office/products/imports/"))
    await one.page.evaluate("window.seenFirst = true")
    await expect(one.page.get_by_text(re.compile(r"5,000행 가운데 [1-4],\d00행"))).to_be_visible()
    await expect(one.page.get_by_role("heading", name="등록을 마쳤습니다")).to_be_visible(timeout=180_000)
    assert await one.page.evaluate("window.seenFirst") is True
    await expect(one.page.get_by_text("5,000행 가운데 5,000행")).to_be_visible()
    numbers = [(await cell.inner_text()).strip() for cell in await one.page.locator(".facts dd").all()]
    assert numbers == ["4,997", "0", "0", "3"]
    wrong = [await line.locator("td").all_inner_texts() for line in await one.page.locator("tbody tr").all()]
    assert [(row, field) for row, field, _ in wrong] == [("18", "price"), ("2502", "category"), ("5001", "sku")]
    assert await barriers(one.page) == []
