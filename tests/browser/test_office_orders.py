"""Orders in the office in a real browser, by keys alone; the buyer sees a refund as it happens."""

import pytest
from playwright.async_api import expect

from jangteo.stack.buyer import PASSWORD

CARD = "4242424242424242"


@pytest.fixture
async def delivered(buyer, product_with_stock):
    """An order of two pieces at 10,000 won that has arrived."""
    sku = await product_with_stock(5)
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 2}])
    return await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)


@pytest.fixture
def boss_of(visitor, mall):
    """Make the shop's owner, in a browser that looks so."""

    async def make(language="ko", phone=False, dark=False):
        account = next(one for one in mall.accounts() if (one["tenant"], one["role"]) == ("demo", "owner"))
        one = await visitor(language, phone=phone, dark=dark)
        await one.log_in(account["email"], account["password"], "/office")
        return one

    return make


async def test_staff_refund_a_part_by_keys_and_the_buyer_sees_it_without_a_reload(boss_of, visitor, buyer, delivered):
    reader = await visitor("ko")
    await reader.log_in(buyer.email, PASSWORD, "/account/orders")
    await reader.open(f"/account/orders/{delivered['order_id']}")
    await reader.page.evaluate("window.seenFirst = true")
    staff = await boss_of()
    await staff.open(f"/office/orders/{delivered['order_id']}")
    await staff.page.locator("#refund summary").press("Enter")
    await staff.page.locator("input[name=back_0]").fill("1")
    await staff.page.get_by_label("환불 사유").fill("한 개가 불량")
    await staff.page.get_by_role("button", name="환불하기").press("Enter")
    await expect(staff.page.get_by_text("환불을 요청했습니다.")).to_be_visible()
    await expect(staff.page.get_by_text("환불 완료")).to_be_visible()
    await expect(reader.page.get_by_text("10,000원").first).to_be_visible()
    await expect(reader.page.get_by_text("일부 금액이 환불되었습니다").first).to_be_visible()
    assert await reader.page.evaluate("window.seenFirst") is True
