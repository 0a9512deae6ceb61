"""The story the mall is for: a visitor fills a cart, signs up, pays, and the parcel arrives."""

import asyncio
import secrets

import msgspec
import pytest

STATUS = {
    "ko": {"placed": "주문접수", "paid": "결제완료", "shipped": "배송중", "delivered": "배송완료"},
    "en": {"placed": "Order received", "paid": "Paid", "shipped": "On its way", "delivered": "Delivered"},
}
CARD = "4242424242424242"


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_visitor_buys_and_the_parcel_arrives(buyer_of, mails_to, language):
    buyer = buyer_of(language)
    product = await buyer.product((await buyer.products(size=24))[0]["id"])
    skus = [variant["sku"] for variant in product["variants"] if variant["available"]]
    await buyer.add_to_cart(skus[0], 2)
    guest_cart = await buyer.cart()
    assert [(line["sku"], line["quantity"]) for line in guest_cart["lines"]] == [(skus[0], 2)]

    await buyer.sign_up()
    cart = await buyer.cart()
    assert [(line["sku"], line["quantity"]) for line in cart["lines"]] == [(skus[0], 2)]

    order = await buyer.place_order(await buyer.tokenise(CARD))
    assert order["status"] == "placed"
    assert order["status_label"] == STATUS[language]["placed"]
    order = await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)
    assert order["status_label"] == STATUS[language]["delivered"]
    assert order["total"] == order["items_total"] + order["shipping"]["fee"]
    assert [point["status"] for point in order["timeline"] if point["status"] in STATUS[language]] == sorted(
        (point["status"] for point in order["timeline"] if point["status"] in STATUS[language]),
        key=list(STATUS[language]).index,
    )
    assert {point["status"] for point in order["timeline"]} >= set(STATUS[language])

    assert (await buyer.cart())["lines"] == []
    mails = await mails_to(buyer.email, 6)
    subjects = [mail["subject"] for mail in mails]
    assert len(subjects) == len(set(subjects)) == 6
    assert sum(order["order_number"] in subject for subject in subjects) == 4
    assert all(("장터" in subject) == (language == "ko") for subject in subjects)


async def test_only_what_was_ordered_leaves_the_cart(buyer, product_with_stock):
    first, second = await product_with_stock(5), await product_with_stock(5)
    await buyer.add_to_cart(first, 2)
    token = await buyer.tokenise(CARD)
    order = await buyer.place_order(token)
    await buyer.add_to_cart(first, 1)
    await buyer.add_to_cart(second, 1)
    await buyer.wait_for(order["order_id"], {"paid", "shipped", "delivered"})
    for _ in range(100):
        lines = {line["sku"]: line["quantity"] for line in (await buyer.cart())["lines"]}
        if lines == {first: 1, second: 1}:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the cart holds {lines}")


async def test_every_hop_of_a_purchase_is_in_one_trace(buyer_of, mall, product_with_stock):
    sku = await product_with_stock(1)
    trace_id = secrets.token_hex(16)
    buyer = buyer_of(traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-01")
    await buyer.sign_up()
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)
    expected = {"order", "product", "payment", "shipping", "user", "notification"}
    for _ in range(60):
        spans = [span for file in mall.home.traces.glob("*.jsonl") for span in spans_of(file, trace_id)]
        # Each process writes its own spans now and then: a child may be there before its parent.
        if expected <= {span["service"] for span in spans} and not in_the_air(spans):
            break
        await asyncio.sleep(0.5)
    assert expected <= {span["service"] for span in spans}
    assert in_the_air(spans) == []
    handled = " ".join(span["name"] for span in spans)
    for message in ("product.reserve_stock", "payment.authorise", "payment.capture", "shipping.create_shipment"):
        assert message in handled


def in_the_air(spans):
    """Return what was not called by the buyer, and has no parent that is known."""
    known = {span["span"] for span in spans}
    return [span for span in spans if span.get("parent", "") not in known and span["kind"].lower() != "server"]


def spans_of(file, trace_id):
    for line in file.read_bytes().splitlines():
        if trace_id.encode() in line:
            yield msgspec.json.decode(line)


async def test_the_status_is_told_live(buyer, mall, web, product_with_stock):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 1}])
    headers = {"Authorization": f"Bearer {buyer.tokens['access_token']}", "Accept": "text/event-stream"}
    told = []
    async with web.get(f"{mall.url}/v1/orders/{order['order_id']}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async with asyncio.timeout(60):
            async for line in stream.content:
                if line.startswith(b"data:"):
                    told.append(msgspec.json.decode(line[5:])["status"])
                    if told[-1] == "delivered":
                        break
    in_order = ["placed", "reserved", "authorised", "paid", "shipped", "delivered"]
    assert list(dict.fromkeys(told)) == [status for status in in_order if status in told]
    assert told[-1] == "delivered"
