"""Keys change while the mall is in use, and nobody is refused: the signing key and each service's tenant keys."""

import asyncio
import os
import sys
import time

import jwt
import pytest

from jangteo.stack.buyer import Buyer
from jangteo.stack.environment import environment

CUSTOMERS, CARD = 4, "4242424242424242"
# A key signs this soon after it is made: the user service reads its keys every 10 seconds, the gateway the key set.
LEAD_SECONDS = 24
PATIENCE_SECONDS = 60.0


async def command(service, site, *arguments):
    """Run a command of an operator in the environment of a service; return what it said. Raises where it fails."""
    given = os.environ | environment(service, site) | {"JANGTEO_KEY_LEAD_SECONDS": str(LEAD_SECONDS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=given, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def key_ids(buyer):
    return {key["kid"] for key in (await buyer.call("GET", "/.well-known/jwks.json"))["keys"]}


def key_of(customer):
    return jwt.get_unverified_header(customer.tokens["access_token"])["kid"]


@pytest.fixture
async def customers(mall, web):
    return [Buyer(mall.url, session=web) for _ in range(CUSTOMERS)]


async def test_keys_are_rotated_under_load_with_no_request_refused(mall, customers, product_with_stock):
    sku, over, done = await product_with_stock(1000), asyncio.Event(), []

    async def live(customer):
        """Sign up, then buy, look and renew the session until the rotation is over; any refusal raises."""
        await customer.sign_up()
        card = await customer.tokenise(CARD)
        while not over.is_set():
            order = await customer.place_order(card, lines=[{"sku": sku, "quantity": 1}], wait=5)
            assert (await customer.order(order["order_id"]))["address"]["recipient"]
            tokens = {"refresh_token": customer.tokens["refresh_token"]}
            customer.tokens = await customer.call("POST", "/v1/sessions/refresh", tokens)
            await customer.call("GET", "/v1/members/me/addresses")
            done.append(order["order_id"])
            await asyncio.sleep(0.5)

    async def rotate():
        try:
            before = await key_ids(customers[0])
            began = time.monotonic()
            await command("user", mall.site, "jangteo.user.rotate_keys")
            for service in ("user", "order", "payment", "shipping"):
                said = await command(service, mall.site, "jangteo.cli", "keys", "rotate", "--service", service)
                assert "demo wrap: new key" in said
            await asyncio.sleep(LEAD_SECONDS - (time.monotonic() - began))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(done) <= 2 * CUSTOMERS or not signed_anew(before):  # noqa: ASYNC110 - each renews by itself
                    await asyncio.sleep(0.1)
            return before, await key_ids(customers[0])
        finally:
            over.set()

    def signed_anew(before):
        return {key_of(customer) for customer in customers} - before

    (before, after), *_ = await asyncio.gather(rotate(), *(live(customer) for customer in customers))
    assert before < after
    assert len(after) == 2, "two keys are valid at a time"
    assert signed_anew(before) == after - before, "the new one signs"
