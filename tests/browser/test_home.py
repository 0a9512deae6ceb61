"""The front page, and how one sees it: language and theme, by Accept-Language at first and by choice from then on."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import barriers


@pytest.mark.parametrize("script", [True, False])
async def test_language_and_theme_are_chosen_and_stay(visitor, script):
    one = await visitor("ko", script=script)
    await one.open("/")
    html = one.page.locator("html")
    await expect(html).to_have_attribute("lang", "ko")
    await one.page.get_by_role("button", name="English").first.click()
    await expect(html).to_have_attribute("lang", "en")
    await one.page.locator("button[name=theme][value=dark]").first.click()
    await expect(html).to_have_attribute("data-theme", "dark")
    await one.open("/login")
    await expect(html).to_have_attribute("lang", "en")
    await expect(html).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_prices_are_written_as_the_language_writes_them(visitor, language):
    one = await visitor(language)
    await one.open("/")
    price = one.page.locator(".price-now").first
    await expect(price).to_contain_text("원" if language == "ko" else "₩")
    assert await barriers(one.page) == []
