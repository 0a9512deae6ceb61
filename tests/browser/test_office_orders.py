"""Orders in the office in a browser, by keys alone: refunds that the buyer sees at once, and that few may make."""

import secrets

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


async def test_staff_refund_a_part_by_keys_and_the_buyer_sees_it_without_a_reload(staff_of, visitor, buyer, delivered):
    reader = await visitor("ko")
    await reader.log_in(buyer.email, PASSWORD, "/account/orders")
    await reader.open(f"/account/orders/{delivered['order_id']}")
    await reader.page.evaluate("window.seenFirst = true")
    staff = await staff_of("owner")
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
    assert (await buyer.call("GET", f"/v1/orders/{delivered['order_id']}"))["refunded"] == 10_000


async def test_who_may_only_look_can_refund_neither_by_page_nor_by_address(visitor, buyer_of, owner, delivered):
    role = f"browser-{secrets.token_hex(4)}"
    await owner.call("POST", "/v1/roles", {"name": role, "permissions": ["orders.read"]})
    looker = buyer_of("en")
    await looker.sign_up()
    await owner.call("PUT", f"/v1/members/{looker.member['id']}/roles", {"roles": [role]})
    one = await visitor("en")
    one.refusals.add(403)
    path = f"/office/orders/{delivered['order_id']}"
    await one.log_in(looker.email, PASSWORD, path)
    await expect(one.page.get_by_role("heading", level=1)).to_contain_text(delivered["order_number"])
    await expect(one.page.locator("#refund")).to_have_count(0)
    await expect(one.page.locator("#cancel")).to_have_count(0)
    await expect(one.page.locator(".side a[href='/office/members']")).to_have_count(0)
    # By address: the form that is not there, sent all the same with the token of this very page.
    sent = """async ([path, fields]) => {
        const token = document.querySelector("input[name=form_token]").value;
        const body = new URLSearchParams({form_token: token, ...fields});
        return (await fetch(path, {method: "POST", body})).status;
    }"""
    fields = {"mode": "amount", "amount": "1000", "refund_reason": "x", "once": secrets.token_hex(16)}
    assert await one.page.evaluate(sent, [f"{path}/refunds", {**fields, "version": str(delivered["version"])}]) == 403
    assert (await one.open("/office/members")).status == 403
    assert (await owner.call("GET", f"/v1/orders/{delivered['order_id']}"))["refunded"] == 0
