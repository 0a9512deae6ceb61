"""What scripts add to the pages of an account: the secret of a mail's link, a word on passwords, progress by itself."""

import secrets

from playwright.async_api import expect

PASSWORD = "a decent passphrase"


async def joined(one):
    """Become a member by the form; return the address."""
    email = f"{secrets.token_hex(6)}@browser.example.test"
    await one.open("/account/sign-up")
    page = one.page
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=name]").fill("김장터")
    await expect(page.locator(".strength")).to_be_hidden()
    for password, points in (("short", "0"), ("aaaaaaaaaaaa", "1"), (PASSWORD, "3")):
        await page.locator("input[name=password]").fill(password)
        await expect(page.locator(".strength meter")).to_have_js_property("value", int(points))
    for name in ("terms", "privacy", "is_14_or_older"):
        await page.locator(f"input[name={name}]").check()
    await page.locator("form[action='/account/sign-up'] button[type=submit]").click()
    await page.wait_for_url("**/account/check-mail")
    return email


async def test_the_secret_of_a_mails_link_goes_into_its_form_and_out_of_the_address(visitor, link_of):
    one = await visitor("ko")
    email = await joined(one)
    link = await link_of(email, "/account/verify-email")
    asked = []
    one.context.on("request", lambda request: asked.append(request.url))
    await one.page.goto(link)
    await expect(one.page.locator("input[name=token]")).to_have_value(link.rpartition("#token=")[2])
    await expect(one.page.locator("input[name=token]")).to_be_hidden()
    assert one.page.url == link.partition("#")[0]
    assert not any("token" in url for url in asked)
    await one.page.locator("form[action='/account/verify-email'] button[type=submit]").click()
    await expect(one.page.get_by_text("이메일 주소를 확인했습니다.")).to_be_visible()


async def test_a_copy_that_is_being_gathered_turns_ready_without_the_page_being_loaded_again(visitor):
    one = await visitor("en")
    await joined(one)
    await one.open("/account/export")
    await one.page.locator("form[action='/account/export'] button").click()
    await expect(one.page.locator("a[download]")).to_be_visible(timeout=90_000)
    async with one.page.expect_download() as download:
        await one.page.locator("a[download]").click()
    assert (await download.value).suggested_filename.startswith("jangteo-")
