"""`jangteo demo`: one purchase through the public API, each step printed, for people who want to see it happen."""

import asyncio
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import aiohttp

from jangteo.stack.buyer import Buyer, Refused
from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.remote import require_running

TEST_CARD = "4242424242424242"
DELIVERY_SECONDS = 240.0
KOREA = timezone(timedelta(hours=9))  # without summer time since 1988


def main() -> int:
    """Buy something at the mall that `jangteo up` started; return 0 when it was delivered. Raises StackError."""
    home = Home.locate()
    require_running(home)
    site = local_site(home)
    try:
        return asyncio.run(_buy(site.url("gateway.http"), site.url("mailbox")))
    except (Refused, TimeoutError) as error:
        print(f"the demo failed: {error}")
    except aiohttp.ClientConnectionError as error:
        print(f"the demo failed: the mall does not answer ({error}); `make status` says what is wrong")
    return 1


class _Steps:
    def __init__(self) -> None:
        self._started = time.monotonic()

    def say(self, what: str, detail: str = "") -> None:
        print(f"  {time.monotonic() - self._started:6.2f} s  {what:<34} {detail}", flush=True)


async def _buy(gateway: str, mailbox: str) -> int:
    steps = _Steps()
    print(f"A purchase through {gateway}:")
    async with Buyer(gateway, language="ko", traceparent=_traceparent()) as buyer:
        product = await _choose(buyer)
        sku = next(variant["sku"] for variant in product["variants"] if variant["available"])
        steps.say("a visitor finds a product", f"{product['name']} ({sku})")
        await buyer.add_to_cart(sku, 1)
        steps.say("puts it into a guest cart")
        await buyer.sign_up()
        cart = await buyer.cart()
        steps.say("signs up; the cart comes along", f"{buyer.email}, {len(cart['lines'])} line")
        token = await buyer.tokenise(TEST_CARD)
        steps.say("gives the card to the provider", f"{token[:12]}… stands for it, no service of ours saw it")
        order = await buyer.place_order(token, wait=10)
        steps.say("places the order", f"{order['order_number']}: {order['status_label']}, {order['total']:,}원")
        return await _follow(buyer, order, mailbox, steps)


async def _choose(buyer: Buyer) -> dict[str, Any]:
    for card in await buyer.products(size=24):
        product = await buyer.product(card["id"])
        if any(variant["available"] for variant in product["variants"]):
            return product
    raise Refused(404, {"detail": "nothing in the shop can be bought"})


async def _follow(buyer: Buyer, order: dict[str, Any], mailbox: str, steps: _Steps) -> int:
    order_id, seen = str(order["order_id"]), str(order["status"])
    deadline = time.monotonic() + DELIVERY_SECONDS
    while seen not in ("delivered", "rejected", "cancelled"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the order is still {seen}")
        await asyncio.sleep(0.3)
        order = await buyer.order(order_id)
        if order["status"] != seen:
            seen = str(order["status"])
            steps.say("the order moves on", str(order["status_label"]))
    print("\nIts time line, by the shop's clock (Korea):")
    for entry in order["timeline"]:
        at = datetime.fromisoformat(entry["at"]).astimezone(KOREA)
        print(f"  {at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}  {entry['label']}")
    await _mails(buyer.email, mailbox)
    return 0 if seen == "delivered" else 1


async def _mails(email: str, mailbox: str) -> None:
    await asyncio.sleep(1.0)  # the last mail follows the last event
    async with aiohttp.ClientSession() as session, session.get(f"{mailbox}/api/messages?to={email}") as answer:
        document = await answer.json()
    print(f"\nMails in the local mailbox ({mailbox}):")
    for mail in reversed(document["messages"]):
        print(f"  {mail['subject']}")


def _traceparent() -> str:
    """Return a sampled trace context, so that `jangteo trace ID` can show the purchase."""
    trace_id = secrets.token_hex(16)
    print(f"(trace {trace_id}: see it with `.venv/bin/jangteo trace {trace_id}`)")
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"
