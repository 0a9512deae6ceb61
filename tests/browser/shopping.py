"""How one shops by the pages: what every story about buying does on its way."""

import re

from playwright.async_api import expect

CARD, DECLINED = "4242424242424242", "4000000000000002"
ADDRESS = {
    "recipient": "김장터",
    "phone": "010-1234-5678",
    "zip": "04524",
    "address1": "서울특별시 중구 세종대로 110",
    "address2": "3층",
}
COMPLETE = re.compile(r"/complete$")
PAY = re.compile(r"/pay(\?.*)?$")


async def put_into_cart(visitor, product):
    """Open the page of `product`, and put one piece of its only variant into the cart."""
    await visitor.open(f"/products/{product['slug']}")
    await visitor.page.locator(".buy-add").click()
    await expect(visitor.page.locator("#cart-badge")).to_contain_text(re.compile(r"\d"))


async def fill_address(visitor, **changed):
    """Type an address into the checkout."""
    for name, value in {**ADDRESS, **changed}.items():
        await visitor.page.locator(f"input[name={name}]").fill(value)


async def pay(visitor, card=CARD):
    """Send the checkout with `card`: typed into the provider's frame with a script, on its own page without."""
    if visitor.script:
        frame = visitor.page.frame_locator("iframe").first
        await type_card(frame, card)
        await visitor.page.locator("[data-pay]").click()
    else:
        await visitor.page.locator("[data-pay]").click()
        await type_card(visitor.page, card)
        await visitor.page.locator("form button[type=submit]").first.click()


async def type_card(place, card):
    """Type a card that is good for years."""
    await place.locator("#number").fill(card)
    await place.locator("#expiry").fill("12/49")
    await place.locator("#cvc").fill("1234" if card.startswith("37") else "123")
