"""Members in the office, by keys; that its pages have no barriers is looked at in test_every_page."""

from playwright.async_api import expect

from tests.browser.axe import barriers


async def test_a_refused_reason_is_said_beside_its_field_and_what_was_typed_stays(staff_of, buyer):
    one = await staff_of("owner", "ko", phone=True, dark=False)
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
