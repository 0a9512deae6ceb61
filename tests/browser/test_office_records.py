"""Members, messages and the system in the office: without barriers on phone and desk, in light and dark, by keys."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import barriers

LOOKS = [("ko", True, False), ("en", False, True)]


@pytest.fixture
def boss_of(visitor, mall):
    """Make the shop's owner, in a browser that looks so."""

    async def make(language, phone, dark):
        account = next(one for one in mall.accounts() if (one["tenant"], one["role"]) == ("demo", "owner"))
        one = await visitor(language, phone=phone, dark=dark)
        await one.log_in(account["email"], account["password"], "/office")
        return one

    return make


@pytest.mark.parametrize(("language", "phone", "dark"), LOOKS)
async def test_every_page_is_without_barriers_and_fits_its_screen(boss_of, buyer, mails_to, language, phone, dark):
    await mails_to(buyer.email, 1)
    one = await boss_of(language, phone, dark)
    member = buyer.member["id"]
    paths = ["/office/members", f"/office/members/{member}", f"/office/messages?member_id={member}"]
    for path in [*paths, "/office/roles", "/office/roles/support", "/office/system", "/office/system/queues/user"]:
        answer = await one.open(path)
        assert answer.status == 200
        assert await barriers(one.page) == [], path
        assert await one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    await one.open(f"/office/messages?member_id={member}")
    await one.page.locator("tbody a").first.click()
    await expect(one.page.locator("h1")).to_be_visible()
    assert await barriers(one.page) == []


async def test_a_refused_reason_is_said_beside_its_field_and_what_was_typed_stays(boss_of, buyer):
    one = await boss_of("ko", True, False)
    await one.open(f"/office/members/{buyer.member['id']}")
    one.refusals.add(422)
    reason = one.page.get_by_label("열람 사유")
    await reason.fill("aaaaaaaa")
    await reason.press("Tab")
    await one.page.keyboard.press("Enter")
    await expect(reason).to_have_attribute("aria-invalid", "true")
    await expect(reason).to_have_value("aaaaaaaa")
    assert await barriers(one.page) == []
    await reason.fill("반송된 택배를 확인하려고")
    await one.page.get_by_role("button", name="사유를 남기고 보기").click()
    await expect(one.page.get_by_text(buyer.email)).to_be_visible()
