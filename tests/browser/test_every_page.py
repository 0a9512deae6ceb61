"""Every page, on a phone by day and on a desk at night: no barrier, one heading, a title, and no sideways scroll."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import barriers
from tests.browser.pages import build_world, pages, without_example
from tests.browser.visitor import DESKTOP

# What stands out of the window's right side, where the page scrolls that way.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > wide + 1)
    .map((one) => one.outerHTML.slice(0, 90)).slice(0, 5);
}"""
# What inherits a changed colour follows it a frame later, level by level.
AT_REST = """async () => {
  for (let quiet = 0; quiet < 3; quiet = document.getAnimations().length ? 0 : quiet + 1)
    await new Promise(requestAnimationFrame);
}"""
LANGUAGES = {"guest": "en", "member": "ko", "owner": "ko"}


@pytest.fixture(scope="session")
async def world(mall, web):
    return await build_world(mall.url, mall.accounts(), web)


async def faults_of(page):
    """Return what is wrong with the page as it is shown now, with all that can be opened in it open."""
    await page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    found = await barriers(page)
    if (headings := await page.locator("h1").count()) != 1:
        found.append(f"{headings} headings of the first rank")
    if not await page.title():
        found.append("no title")
    found += [f"sideways at {page.viewport_size['width']} px: {part}" for part in await page.evaluate(OVERFLOW)]
    return found


async def test_every_address_has_an_example(world):
    assert without_example(world) == []


@pytest.mark.parametrize("who", ["guest", "member", "owner"])
async def test_every_page_can_be_used_by_everybody(visitor, world, mall, who):
    one = await visitor(LANGUAGES[who], phone=True)
    one.hosts.add(mall.site.url("sandbox-pay").removeprefix("http://"))
    if who != "guest":
        await one.log_in(*world.login(who))
    phone, wrong = one.page.viewport_size, []
    for page in [page for page in pages(world) if page.who == who]:
        await one.page.set_viewport_size(phone)
        await one.page.emulate_media(color_scheme="light")
        await one.open(page.path)
        found = await faults_of(one.page)
        # The style sheets alone make the difference between the two: the same page turns into the other one.
        await one.page.set_viewport_size(DESKTOP["viewport"])
        await one.page.emulate_media(color_scheme="dark")
        await one.page.evaluate(AT_REST)
        found += await faults_of(one.page)
        wrong += [f"{page.path}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)


async def test_pages_on_which_scripts_do_something_have_no_barriers_without_them(visitor, world, mall):
    one = await visitor("ko", own_scripts=False)
    one.hosts.add(mall.site.url("sandbox-pay").removeprefix("http://"))
    wrong = []

    async def look(*paths):
        for path in paths:
            await one.open(path)
            wrong.extend(f"{path}: {fault}" for fault in await faults_of(one.page))

    product = world.examples["/products/{slug:str}"]
    await look("/", "/search?q=a", product, "/login", "/account/sign-up", "/account/verify-email")
    await one.log_in(*world.login("member"))
    await look("/cart", "/checkout", world.examples["/account/orders/{order_id:uuid}"], "/account/export")
    await one.open("/checkout")
    await one.page.goto(await one.page.locator("[data-card]").get_attribute("data-src"))
    wrong += [f"the card's frame: {fault}" for fault in await faults_of(one.page)]
    await one.open("/checkout")
    await one.page.locator("[data-pay]").click()
    await expect(one.page.locator("#number")).to_be_visible()  # the provider's own page
    wrong += [f"the card's page: {fault}" for fault in await faults_of(one.page)]
    assert not wrong, "\n".join(wrong)
