"""Nothing is oversold, nobody is charged twice, and every payment trouble ends in the right state."""

import asyncio
import secrets

import pytest

from jangteo.stack.buyer import Refused

CARD = "4242424242424242"
PAID = {"paid", "shipped", "delivered"}
OVER = PAID | {"rejected", "cancelled"}


async def test_two_hundred_buyers_for_fifty_pieces(buyer_of, product_with_stock, mall, oracle):
    sku = await product_with_stock(50)
    buyers = [buyer_of() for _ in range(200)]
    gate = asyncio.Semaphore(16)

    async def prepare(buyer):
        async with gate:
            await buyer.sign_up()
            return await buyer.tokenise(CARD)

    tokens = await asyncio.gather(*(prepare(buyer) for buyer in buyers))

    async def buy(buyer, token):
        try:
            order = await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}])
        except Refused as refusal:
            assert (refusal.status, refusal.code) in ((409, "stock.insufficient"), (422, "stock.insufficient")), refusal
            return "told at once"
        order = await buyer.wait_for(order["order_id"], OVER, seconds=90)
        if order["status"] == "rejected":
            assert order["reason"] == "stock.insufficient"
            return "told later"
        return "paid" if order["status"] in PAID else order["status"]

    outcomes = await asyncio.gather(*(buy(buyer, token) for buyer, token in zip(buyers, tokens, strict=True)))
    assert outcomes.count("paid") == 50
    assert outcomes.count("told at once") + outcomes.count("told later") == 150
    await oracle.settled()
    stock = await oracle.stock(sku)
    assert (stock.on_hand, stock.reserved, stock.sold) == (0, 0, 50)
    await oracle.assert_exact()


async def test_twenty_equal_requests_are_one_order_and_one_charge(buyer, product_with_stock, oracle):
    sku, key = await product_with_stock(50), secrets.token_hex(16)
    token = await buyer.tokenise(CARD)

    async def place():
        try:
            return (await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}], key=key))["order_id"]
        except Refused as refusal:
            assert refusal.status == 409, refusal
            return None

    answers = await asyncio.gather(*(place() for _ in range(20)))
    orders = {answer for answer in answers if answer}
    assert len(orders) == 1
    await buyer.wait_for(orders.pop(), PAID)
    assert len((await buyer.call("GET", "/v1/orders"))["items"]) == 1
    await oracle.settled()
    assert (await oracle.stock(sku)).sold == 1
    await oracle.assert_exact()


async def test_the_same_key_with_another_body_is_refused(buyer, product_with_stock):
    sku, key = await product_with_stock(5), secrets.token_hex(16)
    token = await buyer.tokenise(CARD)
    await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}], key=key)
    with pytest.raises(Refused) as refusal:
        await buyer.place_order(token, lines=[{"sku": sku, "quantity": 2}], key=key)
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key.reused")


@pytest.mark.parametrize(
    ("card", "reason"), [("4000000000000002", "card_declined"), ("4000000000009995", "insufficient_funds")]
)
async def test_a_refused_card_is_told_and_another_one_pays(buyer, product_with_stock, oracle, card, reason):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise(card), lines=[{"sku": sku, "quantity": 1}], wait=10)
    assert order["status"] == "reserved"
    assert order["payment"]["reason"] == reason
    await buyer.call(
        "POST",
        f"/v1/orders/{order['order_id']}/payments",
        {"provider": "sandbox", "token": await buyer.tokenise(CARD)},
        key=secrets.token_hex(8),
    )
    await buyer.wait_for(order["order_id"], PAID)
    await oracle.settled()
    await oracle.assert_exact()


@pytest.mark.parametrize(
    "card",
    [
        "4000000000001000",  # timed out, but was made
        "4000000000001026",  # answered twice
        "4000000000001034",  # the webhook before the answer
        "4000000000001042",  # the webhook much later
        "4000000000001059",  # a forged webhook first
        "4000000000001075",  # the capture timed out
    ],
)
async def test_a_troubled_payment_charges_once_or_not_at_all(buyer, product_with_stock, oracle, card):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise(card), lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], PAID, seconds=60)
    await oracle.settled()
    assert await oracle.charges(order["order_id"]) == [order["total"]]
    await oracle.assert_exact()


async def test_a_payment_that_is_never_made_charges_nothing(buyer, product_with_stock, oracle):
    """The provider times out each time: it is queried, asked again under the same key, and then given up."""
    sku = await product_with_stock(1)
    token = await buyer.tokenise("4000000000001018")
    order = await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], {"cancelled"}, seconds=90)
    await oracle.settled()
    assert await oracle.charges(order["order_id"]) == []
    assert (await oracle.stock(sku)).on_hand == 1
    await oracle.assert_exact()


async def test_a_payment_that_needs_confirmation_waits_for_the_buyer(buyer, web, product_with_stock, oracle):
    sku = await product_with_stock(1)
    order = await buyer.place_order(
        await buyer.tokenise("4000002500003155"), lines=[{"sku": sku, "quantity": 1}], wait=10
    )
    url = order["payment"]["url"]
    assert order["status"] == "reserved"
    async with web.post(url, data={"decision": "approve"}) as answer:
        assert answer.status < 400
    await buyer.wait_for(order["order_id"], PAID)
    await oracle.settled()
    await oracle.assert_exact()


async def test_a_capture_that_fails_gives_everything_back(buyer, product_with_stock, oracle):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise("4000000000001067"), lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], {"cancelled"}, seconds=60)
    await oracle.settled()
    assert await oracle.charges(order["order_id"]) == []
    assert (await oracle.stock(sku)).on_hand == 1
    await oracle.assert_exact()


async def test_cancel_racing_the_payment_ends_paid_or_given_back_never_both(buyer, product_with_stock, oracle):
    sku = await product_with_stock(30)
    token = await buyer.tokenise(CARD)

    async def race(delay):
        order = await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}])
        await asyncio.sleep(delay)
        try:
            await buyer.cancel(order["order_id"])
        except Refused as refusal:
            assert refusal.status == 409, refusal
        return await buyer.wait_for(order["order_id"], {"cancelled", "shipped", "delivered"}, seconds=60)

    orders = await asyncio.gather(*(race(number * 0.02) for number in range(20)))
    await oracle.settled()
    for order in orders:
        charges = await oracle.charges(order["order_id"])
        assert charges == ([] if order["status"] == "cancelled" else [order["total"]])
    await oracle.assert_exact()
