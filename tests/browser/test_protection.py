"""What keeps other sites and other people out: foreign forms, forms without their token, and pages of the office."""

import re
import secrets
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import expect

from jangteo.stack.buyer import PASSWORD


@asynccontextmanager
async def foreign_site(page):
    """Serve `page` (HTML) from another origin and yield its address."""

    async def show(_):
        return web.Response(text=page, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", show)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    await runner.cleanup()


FORM = """<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">
<form method="post" action="{action}">{token}<input name="language" value="en"><button>Win a prize</button></form>"""


@pytest.mark.parametrize("with_token", [False, True])
async def test_a_form_posted_from_another_origin_is_refused(visitor, with_token):
    one = await visitor("ko")
    await one.open("/")
    token = await one.page.locator("input[name=form_token]").first.input_value()
    hidden = f'<input name="form_token" value="{token}">' if with_token else ""
    async with foreign_site(FORM.format(action=f"{one.home}/preferences", token=hidden)) as elsewhere:
        one.hosts.add(elsewhere.removeprefix("http://"))
        one.refusals.add(403)
        await one.page.goto(elsewhere)
        async with one.page.expect_response(lambda answer: answer.url.endswith("/preferences")) as answered:
            await one.page.get_by_role("button").click()
        assert (await answered.value).status == 403
    await one.open("/")
    await expect(one.page.locator("html")).to_have_attribute("lang", "ko")


async def test_a_form_without_its_own_token_is_refused_and_says_what_to_do(visitor):
    one, other = await visitor("ko"), await visitor("ko")
    await other.open("/")
    strange = await other.page.locator("input[name=form_token]").first.input_value()
    one.refusals.add(403)
    for token in ("", strange):
        await one.open("/")
        # Of a template as much as of a person: what is typed into a hidden field is not to be trusted.
        await one.page.locator(".preferences").first.evaluate("(form, token) => form.form_token.value = token", token)
        async with one.page.expect_response(lambda answer: answer.url.endswith("/preferences")) as answered:
            await one.page.get_by_role("button", name="English").first.click()
        assert (await answered.value).status == 403
        await expect(one.page.get_by_role("main")).to_contain_text("새로 고친 뒤 다시")
    await one.open("/")
    await expect(one.page.locator("html")).to_have_attribute("lang", "ko")


async def test_the_session_is_out_of_reach_of_scripts(visitor, buyer):
    one = await visitor("ko")
    await one.log_in(buyer.email, PASSWORD)
    assert "session" not in await one.page.evaluate("document.cookie")
    cookies = {cookie["name"]: cookie for cookie in await one.context.cookies()}
    kept = cookies["jangteo_session"]
    assert (kept["httpOnly"], kept["sameSite"]) == (True, "Lax")
    # Nothing of the tokens (JSON Web Tokens begin so) is in the browser.
    assert not [name for name, cookie in cookies.items() if "eyJ" in cookie["value"]]
    assert "eyJ" not in await one.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


async def test_a_new_session_begins_with_the_log_in(visitor, buyer):
    one = await visitor("en")
    await one.open("/login")
    before = {cookie["value"] for cookie in await one.context.cookies()}
    await one.log_in(buyer.email, PASSWORD)
    after = next(one["value"] for one in await one.context.cookies() if one["name"] == "jangteo_session")
    assert after not in before


@pytest.fixture
def staff_with(owner, buyer_of):
    """Make a member whom a role gives just these permissions."""

    async def make(*permissions):
        role = f"browser-{secrets.token_hex(4)}"
        await owner.call("POST", "/v1/roles", {"name": role, "permissions": list(permissions)})
        one = buyer_of()
        await one.sign_up()
        await owner.call("PUT", f"/v1/members/{one.member['id']}/roles", {"roles": [role]})
        return one

    return make


async def test_a_member_without_any_right_sees_nothing_of_the_office(visitor, buyer):
    one = await visitor("ko", phone=False)
    one.refusals.add(403)
    await one.log_in(buyer.email, PASSWORD)
    await expect(one.page.locator("a[href^='/office']")).to_have_count(0)
    assert (await one.open("/office")).status == 403
    await expect(one.page.get_by_role("main")).to_contain_text("권한")


async def test_a_guest_is_asked_to_log_in_before_the_office(visitor):
    one = await visitor("en")
    await one.open("/office")
    await expect(one.page).to_have_url(re.compile(r"/login\?next="))
