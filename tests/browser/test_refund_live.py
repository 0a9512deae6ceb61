"""Staff gives back part of an order on the office's page, and the buyer's page tells it without being loaded again."""

import secrets

import pytest
from playwright.async_api import expect

from jangteo.stack.buyer import PASSWORD
from tests.browser.shopping import CARD
from tests.stories import publish_product


@pytest.fixture
async def order(buyer, owner):
    """An order of two pieces at 10,000 that is paid."""
    product = await publish_product(owner, 5, 10_000)
    lines = [{"sku": product["variants"][0]["sku"], "quantity": 2}]
    placed = await buyer.place_order(await buyer.tokenise(CARD), lines=lines)
    return await buyer.wait_for(placed["order_id"], {"paid", "shipped", "delivered"})


async def test_a_buyer_sees_live_that_part_of_the_order_was_paid_back(visitor, mall, buyer, order):
    path = f"orders/{order['order_id']}"
    watching = await visitor("ko")
    await watching.log_in(buyer.email, PASSWORD, f"/account/{path}")
    standing = watching.page.locator("#standing")
    await expect(standing).not_to_contain_text("10,000원을 환불")
    await watching.page.evaluate("window.sameDocument = true")

    account = next(one for one in mall.accounts() if one["tenant"] == "demo" and one["role"] == "owner")
    staff = await visitor("en")
    await staff.log_in(account["email"], account["password"], f"/office/{path}")
    form = staff.page.locator("#refund")
    await form.locator("summary").click()
    await form.locator("input[name=back_0]").fill("1")
    await form.locator("textarea[name=refund_reason]").fill("A button was missing")
    await form.locator("button[type=submit]").click()
    await expect(staff.page.locator(".refunds li")).to_contain_text("₩10,000")

    await expect(standing).to_contain_text("10,000원")
    await expect(standing.locator(".notice-note")).to_contain_text("10,000원")
    assert await watching.page.evaluate("window.sameDocument")
    assert (await buyer.call("GET", f"/v1/orders/{order['order_id']}"))["refunded"] == 10_000


async def test_who_may_only_look_can_refund_neither_by_page_nor_by_address(visitor, buyer_of, owner, order):
    role = f"browser-{secrets.token_hex(4)}"
    await owner.call("POST", "/v1/roles", {"name": role, "permissions": ["orders.read"]})
    looker = buyer_of("en")
    await looker.sign_up()
    await owner.call("PUT", f"/v1/members/{looker.member['id']}/roles", {"roles": [role]})
    one = await visitor("en")
    one.refusals.add(403)
    path = f"/office/orders/{order['order_id']}"
    await one.log_in(looker.email, PASSWORD, path)
    await expect(one.page.get_by_role("heading", level=1)).to_contain_text(order["order_number"])
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
    assert await one.page.evaluate(sent, [f"{path}/refunds", {**fields, "version": str(order["version"])}]) == 403
    assert (await one.open("/office/members")).status == 403
    assert (await owner.call("GET", f"/v1/orders/{order['order_id']}"))["refunded"] == 0
