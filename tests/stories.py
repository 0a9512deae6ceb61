"""What every story about a whole mall needs: buyers, products with stock, staff, and the mails that were sent.

Fixtures for the conftest of a folder of stories; its own `mall` says which mall they are about.
"""

import asyncio
import functools
import re
import secrets
import time

import aiohttp
import pytest

from jangteo.stack.buyer import Buyer, Refused


@pytest.fixture(scope="session")
async def web():
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=250)
    ) as session:
        yield session


@pytest.fixture
def buyer_of(mall, web):
    """Make buyers who share one pool of connections."""

    def make(language="ko", tenant="", traceparent=""):
        return Buyer(mall.url, language=language, tenant=tenant, session=web, traceparent=traceparent)

    return make


@pytest.fixture
async def buyer(buyer_of):
    """A member with an empty cart."""
    buyer = buyer_of()
    await buyer.sign_up()
    return buyer


class Owner(Buyer):
    """The demo shop's owner, who stays logged in for all stories: an access token lives ten minutes."""

    def __init__(self, mall, web):
        super().__init__(mall.url, session=web)
        entries = (entry for entry in mall.accounts() if entry["tenant"] == "demo" and entry["role"] == "owner")
        self._account = next(entries)
        self._again = functools.partial(Buyer, mall.url, session=web)
        self._lock, self._until = asyncio.Lock(), 0.0

    async def call(self, *args, **more):
        await self._log_in_where(lambda: time.monotonic() > self._until)
        used = self.tokens
        try:
            return await super().call(*args, **more)
        except Refused as refused:
            if refused.code != "token.superseded":  # another story has changed the owner's roles
                raise
        await self._log_in_where(lambda: self.tokens is used)
        return await super().call(*args, **more)

    async def _log_in_where(self, is_needed):
        async with self._lock:
            if is_needed():
                buyer = self._again()
                await buyer.log_in(self._account["email"], self._account["password"])
                self.tokens, self.member = buyer.tokens, buyer.member
                self._until = time.monotonic() + buyer.tokens["expires_in"] / 2


@pytest.fixture(scope="session")
async def owner(mall, web):
    """The demo shop's owner, who may do everything."""
    owner = Owner(mall, web)
    await owner.call("GET", "/v1/members/me")
    return owner


@pytest.fixture(scope="session")
def product_with_stock(owner):
    """Publish a product of its own with one SKU and exactly `quantity` pieces; return the SKU."""

    async def make(quantity, price=10_000):
        product = await publish_product(owner, quantity, price)
        return product["variants"][0]["sku"]

    return make


async def publish_product(owner, quantity, price=10_000):
    """Publish a product with one SKU and `quantity` pieces in stock; return it as staff see it."""
    sku = f"E2E-{secrets.token_hex(5).upper()}"
    product = await owner.call(
        "POST",
        "/v1/products",
        {
            "name_ko": "시험 상품",
            "name_en": "Test piece",
            "category": (await owner.call("GET", "/v1/categories"))["items"][0]["slug"],
            "variants": [{"sku": sku, "price": price, "weight_grams": 500}],
            "status": "published",
        },
    )
    await owner.call(
        "POST",
        f"/v1/products/{product['id']}/stock-movements",
        {"sku": sku, "delta": quantity, "reason": "incoming", "reference": "e2e"},
        key=secrets.token_hex(8),
    )
    return product


@pytest.fixture
def mails_to(mall, web):
    """Return the mails that an address has got, once there are at least `count`."""

    async def read(email, count=1):
        for _ in range(200):
            async with web.get(f"{mall.site.url('mailbox')}/api/messages?to={email}") as answer:
                items = (await answer.json())["messages"]
            if len(items) >= count:
                return items
            await asyncio.sleep(0.1)
        raise AssertionError(f"{email} has {len(items)} mails, not {count}")

    return read


@pytest.fixture
def link_of(mall, web, mails_to):
    """Return the newest link to a page in the mails to an address."""

    async def text_of(id):
        async with web.get(f"{mall.site.url('mailbox')}/api/messages/{id}") as answer:
            return (await answer.json())["text"]

    async def read(email, path):
        for _ in range(100):
            texts = [await text_of(one["id"]) for one in await mails_to(email)]
            found = [link for text in texts for link in re.findall(r"https?://\S+#token=\S+", text) if path in link]
            if found:
                return found[0]
            await asyncio.sleep(0.1)
        raise AssertionError(f"no mail to {email} leads to {path}")

    return read


__all__ = ["buyer", "buyer_of", "link_of", "mails_to", "owner", "product_with_stock", "publish_product", "web"]
