"""Somebody who buys on pages without scripts: fills a cart, goes to the checkout, types a card at the provider's."""

import re

from surfing import Page, Surfer

GOOD, POOR, CONFIRMED = "4242424242424242", "4000000000009995", "4000002500003155"
WHERE = {
    "recipient": "김장터",
    "phone": "010-1234-5678",
    "zip": "04524",
    "address1": "서울특별시 중구 세종대로 110",
    "address2": "3층",
}


class Shopper(Surfer):
    """A surfer who can be led to the payment provider and back."""

    async def _follow(self, response):
        for _ in range(10):
            if not response.is_redirect:
                break
            response = await self._send("GET", str(response.url.join(response.headers["location"])))
        self.page = Page(response)
        return self.page

    async def put(self, sku, quantity=1, **more):
        """Put something into the cart, as the form of a product's page does."""
        token = re.search(r'name="form_token" value="([^"]+)"', (await self.go("/")).text)[1]
        fields = {"form_token": token, "sku": sku, "quantity": str(quantity), "back": "/cart", **more}
        return await self._follow(await self._send("POST", "/cart/lines", fields))

    async def type_card(self, number):
        """Type a card on the provider's page and come back."""
        assert "/cards/" in self.page.path, (self.page.path, self.page.words)
        fields = {"number": number, "expiry": "12/40", "cvc": "123"}
        return await self._follow(await self._send("POST", self.page.url, fields))

    async def count_orders(self):
        page = await self.go("/account/orders")
        return len({link for link in page.links if re.fullmatch(r"/account/orders/[0-9a-f-]{36}", link)})


async def log_in(one, buyer, goal="/"):
    await one.go(f"/login?next={goal}")
    return await one.fill("/login", email=buyer.email, password="correct-horse-battery-9")


async def to_checkout(one, sku, quantity=1):
    await one.put(sku, quantity)
    return await press(one, "/cart", checkout="1")


async def press(one, action, **button):
    """Send a form by one of its buttons."""
    form = one.page.form(action)
    return await one._follow(await one._send("POST", action, {**form.fields, **button}))
