"""The purchase, as one sees it in a browser: in Korean on a phone, in English on a desk, with and without script."""

import re

import pytest
from playwright.async_api import expect

from jangteo.stack.buyer import PASSWORD
from tests.browser.axe import barriers
from tests.browser.shopping import CARD, COMPLETE, DECLINED, PAY, fill_address, pay, put_into_cart
from tests.stories import publish_product

NUMBER = re.compile(r"\d{8}-[A-Z0-9]{6}")


@pytest.fixture
def shopper(visitor, mall):
    """Make visitors who may meet the payment provider on their way."""

    async def make(language="ko", **how):
        one = await visitor(language, **how)
        one.hosts.add(mall.site.url("sandbox-pay").removeprefix("http://"))
        return one

    return make


async def orders_of(buyer):
    return (await buyer.call("GET", "/v1/orders"))["items"]


async def to_checkout(one, buyer, product):
    """Fill the cart as a guest, log in on the way to the checkout, and stand before the form."""
    await put_into_cart(one, product)
    await one.open("/cart")
    await one.page.locator("button[name=checkout]").click()
    await one.page.wait_for_url("**/login?**")
    await one.page.locator("input[name=email]").fill(buyer.email)
    await one.page.locator("input[name=password]").fill(PASSWORD)
    await one.page.locator("form[action='/login'] button[type=submit]").click()
    await one.page.wait_for_url("**/checkout")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_visitor_buys_as_a_guest_becomes_a_member_and_pays(shopper, buyer, owner, language, script):
    product = await publish_product(owner, 5, 39_000)  # and 3,000 of delivery, both with VAT inside
    one = await shopper(language, script=script)
    await to_checkout(one, buyer, product)
    total = one.page.locator("#summary .sum-total dd")
    await expect(total).to_have_text("42,000원" if language == "ko" else "₩42,000")
    await expect(one.page.locator("#summary .sum-vat dd")).to_contain_text("3,818")
    await fill_address(one)
    if script:
        assert await barriers(one.page) == []
    await pay(one)
    await one.page.wait_for_url(COMPLETE)
    await expect(one.page.get_by_role("main")).to_contain_text(NUMBER)
    (order,) = await orders_of(buyer)
    await buyer.wait_for(order["order_id"], {"paid", "shipped", "delivered"})
    await one.open(f"/account/orders/{order['order_id']}")
    await expect(one.page.get_by_role("main")).to_contain_text(order["order_number"])
    if script:
        assert await barriers(one.page) == []
    await one.open("/cart")
    await expect(one.page.locator("li.line")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
async def test_after_a_declined_card_another_one_pays_the_same_order(shopper, buyer, owner, script):
    product = await publish_product(owner, 5)
    one = await shopper("ko", script=script)
    await to_checkout(one, buyer, product)
    await fill_address(one)
    await pay(one, DECLINED)
    await one.page.wait_for_url(PAY)
    await expect(one.page.get_by_role("alert").first).to_contain_text("카드")
    await pay(one, CARD)
    await one.page.wait_for_url(COMPLETE)
    (order,) = await orders_of(buyer)
    await buyer.wait_for(order["order_id"], {"paid", "shipped", "delivered"})


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
async def test_going_back_after_paying_orders_nothing_again(shopper, buyer, owner, script):
    product = await publish_product(owner, 5)
    one = await shopper("ko", script=script)
    one.refusals.add(409)  # of the provider's page that is used up
    await to_checkout(one, buyer, product)
    await fill_address(one)
    await pay(one)
    await one.page.wait_for_url(COMPLETE)
    for _ in range(3):
        await one.page.go_back()
        button = one.page.locator("form[action='/checkout'] [data-pay]")
        if one.page.url.endswith("/checkout") and await button.count():
            await button.click(no_wait_after=True)
            await one.page.wait_for_url(lambda url: not url.endswith("/checkout"))
            break
    assert len(await orders_of(buyer)) == 1


async def test_two_tabs_place_one_order(shopper, buyer, owner):
    product = await publish_product(owner, 5)
    one = await shopper("en", script=False)
    one.refusals.add(409)
    await to_checkout(one, buyer, product)
    other = await one.another_tab()
    await other.goto(one.page.url)
    await fill_address(one)
    first, one.page = one.page, other
    await fill_address(one)
    one.page = first
    await pay(one)
    await one.page.wait_for_url(COMPLETE)
    await other.locator("[data-pay]").click()
    # To the order that there is; or to the cart, which is empty by then.
    await other.wait_for_url(lambda url: not url.endswith("/checkout"))
    assert len(await orders_of(buyer)) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
async def test_what_sells_out_in_the_cart_is_told_and_cannot_be_ordered(shopper, buyer_of, buyer, owner, script):
    product = await publish_product(owner, 1)
    one = await shopper("ko", script=script)
    await put_into_cart(one, product)
    quicker = buyer_of()
    await quicker.sign_up()
    lines = [{"sku": product["variants"][0]["sku"], "quantity": 1}]
    order = await quicker.place_order(await quicker.tokenise(CARD), lines=lines)
    await quicker.wait_for(order["order_id"], {"paid", "shipped", "delivered"})
    await one.open("/cart")
    await expect(one.page.locator("li.line")).to_contain_text("품절")
    await expect(one.page.locator("button[name=checkout]")).to_be_disabled()
    if script:
        assert await barriers(one.page) == []
    await one.page.locator("button[name=remove_unfit]").click()
    await expect(one.page.locator("li.line")).to_have_count(0)
