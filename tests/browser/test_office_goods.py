"""Products in the office in a browser: no barriers on phone and desk, and an import whose progress shows itself."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.axe import barriers

LOOKS = [("ko", True, False), ("en", False, True)]


@pytest.fixture
def keeper_of(visitor, mall):
    """Make who looks after products, in a browser that looks so."""

    async def make(language="ko", phone=False, dark=False):
        account = next(one for one in mall.accounts() if (one["tenant"], one["role"]) == ("demo", "goods"))
        one = await visitor(language, phone=phone, dark=dark)
        await one.log_in(account["email"], account["password"], "/office")
        return one

    return make


@pytest.mark.parametrize(("language", "phone", "dark"), LOOKS)
async def test_every_page_is_without_barriers_and_fits_its_screen(keeper_of, language, phone, dark):
    one = await keeper_of(language, phone, dark)
    await one.open("/office/products")
    product = await one.page.locator("tbody a").first.get_attribute("href")
    await one.open("/office/categories")
    category = await one.page.locator("tbody a").first.get_attribute("href")
    paths = ["/office/products", "/office/products/new", product, f"{product}/pictures", f"{product}/stock"]
    paths += ["/office/products/low-stock?threshold=20", "/office/products/import", "/office/categories", category]
    for path in paths:
        assert (await one.open(path)).status == 200
        assert await barriers(one.page) == [], path
        assert await one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_an_import_shows_its_progress_by_itself(keeper_of):
    one = await keeper_of()
    await one.open("/office/products/import")
    sheet = b"product,sku,price\n" + b"".join(b"wrong-%d,WRONG-%d,free\n" % (n, n) for n in range(300))
    file = {"name": "goods.csv", "mimeType": "text/csv", "buffer": sheet}
    await one.page.get_by_label("CSV 파일").set_input_files(file)
    await one.page.get_by_role("button", name="등록 시작").click()
    await expect(one.page).to_have_url(re.compile("/office/products/imports/"))
    await expect(one.page.get_by_role("heading", name="등록을 마쳤습니다")).to_be_visible(timeout=60_000)
    await expect(one.page.get_by_text("300행 가운데 300행")).to_be_visible()
    assert await barriers(one.page) == []
