"""The purchase story, from the order to the door mat, and every way in which it ends early."""

import asyncio
from uuid import UUID

from order_client import ADDRESS

from jangteo.contracts import order as told
from jangteo.contracts import payment, product, shipping

BAD_CARD = {"provider": "sandbox", "token": "tok_declined"}


async def test_an_order_goes_from_received_to_delivered(buyer, world, tenant):
    status, order = await buyer.place(("A-1", 2), wait=10)
    assert (status, order["status"], order["status_label"]) == (201, "paid", "결제완료")
    assert (order["items_total"], order["shipping"]["fee"], order["total"], order["vat"]) == (
        22_000,
        3_000,
        25_000,
        2_273,
    )
    await world.until_heard(order["order_id"], shipping.CreateShipment)
    await world.dispatch(tenant, order["order_id"])
    shipped = await buyer.until(order["order_id"], "shipped")
    assert shipped["shipment"] == {"carrier": "sandbox", "tracking_number": "T-1", "delivered_at": None}
    await world.deliver(tenant, order["order_id"])
    delivered = await buyer.until(order["order_id"], "delivered")
    assert [entry["what"] for entry in delivered["timeline"]] == [
        *("placed", "payment_chosen", "stock_held", "payment_authorised", "payment_captured"),
        *("stock_sold", "shipment_prepared", "shipped", "delivered"),
    ]
    assert [entry["actor"] for entry in delivered["timeline"]][:4] == ["buyer", "buyer", "product", "payment"]
    await world.until_heard(order["order_id"], told.OrderDelivered)
    kinds = [type(message) for message in world.news[UUID(order["order_id"])]]
    assert kinds == [told.OrderPlaced, told.OrderPaid, told.OrderShipped, told.OrderDelivered]


async def test_an_order_from_the_cart_takes_the_ticked_lines_and_names_the_cart(buyer, world, neighbours):
    neighbours.carts[str(buyer.member)] = {
        "cart_id": "cart-7",
        "version": 3,
        "lines": [
            {"sku": "A-1", "quantity": 1, "selected": True},
            {"sku": "B-1", "quantity": 2, "selected": False},
            {"sku": "C-1", "quantity": 4, "selected": True},
        ],
    }
    status, order = await buyer.place(lines=None, from_cart=True, wait=10)
    assert (status, order["status"]) == (201, "paid")
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("A-1", 1), ("C-1", 4)]
    paid = await world.until_heard(order["order_id"], told.OrderPaid)
    assert (paid.cart_id, paid.total) == ("cart-7", 55_000)


async def test_the_shipment_is_told_what_and_where_without_personal_data_on_the_bus(buyer, world, identity, session):
    _, order = await buyer.place(("A-1", 3), wait=10)
    command = await world.until_heard(order["order_id"], shipping.CreateShipment)
    assert (command.weight_grams, command.lines) == (1_500, [shipping.ShipmentLine(sku="A-1", quantity=3)])
    path = f"/internal/orders/{order['order_id']}/delivery"
    headers = {"X-Service-Identity": identity("shipping").token(buyer.tenant)}
    async with session.get(buyer.url + path, headers=headers) as answer:
        where = await answer.json()
    assert where["recipient"] == ADDRESS["recipient"]
    assert (where["phone"], where["weight_grams"]) == ("+821098765432", 1_500)


async def test_a_declined_card_leaves_time_for_another(buyer, world):
    _, order = await buyer.place(("A-1", 1), payment=BAD_CARD, wait=10)
    assert order["status"] == "reserved"
    assert (order["payment"]["stage"], order["payment"]["reason"]) == ("declined", "insufficient_funds")
    assert order["payment"]["retry_until"] == order["pay_until"]
    failed = await world.until_heard(order["order_id"], told.OrderPaymentFailed)
    assert failed.reason == "insufficient_funds"
    path = f"/v1/orders/{order['order_id']}/payments"
    again = {"provider": "sandbox", "token": "tok_good"}
    status, paid = await buyer.call("POST", path, again, key="second-card", Prefer="wait=10")
    assert (status, paid["status"], paid["payment"]["stage"]) == (201, "paid", "captured")
    status, problem = await buyer.call("POST", path, again, key="third-card")
    assert (status, problem["code"]) == (409, "order.not_awaiting_payment")


async def test_an_order_without_a_payment_waits_for_one(buyer):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    assert (order["status"], order["payment"]["stage"]) == ("reserved", "none")
    path = f"/v1/orders/{order['order_id']}/payments"
    status, paid = await buyer.call("POST", path, {"provider": "sandbox", "token": "t"}, key="k", Prefer="wait=10")
    assert (status, paid["status"]) == (201, "paid")


async def test_a_card_that_needs_confirming_shows_where(buyer, world, tenant):
    _, order = await buyer.place(("A-1", 1), payment={"provider": "sandbox", "token": "tok_confirm"}, wait=10)
    assert (order["status"], order["payment"]["stage"]) == ("reserved", "action_required")
    assert order["payment"]["url"] == "https://pay.example/confirm"
    path = f"/v1/orders/{order['order_id']}/payments"
    status, problem = await buyer.call("POST", path, {"provider": "sandbox", "token": "t"}, key="k")
    assert (status, problem["code"]) == (409, "order.payment_in_progress")
    attempt = {"order_id": UUID(order["order_id"]), "payment_id": UUID(order["payment"]["payment_id"])}
    await world.say(tenant, payment.PaymentAuthorised(**attempt, amount=order["total"], currency="KRW"))
    assert (await buyer.until(order["order_id"], "paid"))["payment"]["url"] == ""


async def test_too_little_stock_rejects_the_order_and_charges_nothing(buyer, world):
    _, order = await buyer.place(("SOLDOUT", 1), wait=10)
    assert (order["status"], order["reason"], order["reason_label"]) == ("rejected", "stock.insufficient", "재고 부족")
    rejected = await world.until_heard(order["order_id"], told.OrderRejected)
    assert rejected.skus == ["SOLDOUT"]
    assert not [c for c in world.heard[UUID(order["order_id"])] if isinstance(c, payment.PaymentMessage)]


async def test_stock_gone_after_the_payment_is_paid_back(buyer, world):
    _, order = await buyer.place(("LAPSED", 1), wait=10)
    ended = await buyer.until(order["order_id"], "cancelled")
    assert (ended["reason"], ended["refunded"]) == ("stock.insufficient", order["total"])
    cancelled = await world.until_heard(order["order_id"], told.OrderCancelled)
    assert (cancelled.reason, cancelled.refunded) == ("stock.insufficient", order["total"])


async def test_money_that_cannot_be_taken_cancels_the_order(buyer):
    card = {"provider": "sandbox", "token": "tok_capture_fails"}
    _, order = await buyer.place(("A-1", 1), payment=card, wait=10)
    assert (order["status"], order["reason"], order["refunded"]) == ("cancelled", "payment.capture_failed", 0)


async def test_an_unpaid_order_is_cancelled_without_troubling_the_payment_service(buyer, world):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    path = f"/v1/orders/{order['order_id']}/cancellation"
    status, ended = await buyer.call("POST", path, {"reason": "마음이 바뀌었어요"}, key="c", Prefer="wait=10")
    assert (status, ended["status"], ended["reason"]) == (202, "cancelled", "buyer.cancelled")
    assert [type(command) for command in world.heard[UUID(order["order_id"])]] == [
        product.ReserveStock,
        product.ReleaseStock,
    ]
    assert (await buyer.order(order["order_id"]))["cancel_note"] == "마음이 바뀌었어요"


async def test_a_paid_order_is_cancelled_once_its_shipment_is_stopped(buyer, world):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await world.until_heard(order["order_id"], shipping.CreateShipment)
    path = f"/v1/orders/{order['order_id']}/cancellation"
    await asyncio.sleep(0.1)
    _, ended = await buyer.call("POST", path, {}, key="c", Prefer="wait=10")
    assert (ended["status"], ended["refunded"]) == ("cancelled", order["total"])
    commands = [type(command) for command in world.heard[UUID(order["order_id"])]]
    assert commands.index(shipping.CancelShipment) < commands.index(payment.CancelPayment)
    status, problem = await buyer.call("POST", path, {}, key="again")
    assert (status, problem["code"]) == (409, "order.not_cancellable")


async def test_a_cancellation_that_comes_after_the_carrier_changes_nothing(buyer, world, tenant):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await world.until_heard(order["order_id"], shipping.CreateShipment)
    world.with_carrier.add(UUID(order["order_id"]))
    await asyncio.sleep(0.1)
    path = f"/v1/orders/{order['order_id']}/cancellation"
    _, after = await buyer.call("POST", path, {}, key="c", Prefer="wait=10")
    assert (after["status"], after["refunded"]) == ("paid", 0)
    detail = await buyer.order(order["order_id"])
    assert (detail["cancel_refused"], detail["cancellable"]) == (True, False)
    status, problem = await buyer.call("POST", path, {}, key="again")
    assert (status, problem["code"]) == (409, "order.handed_over")
    await world.dispatch(tenant, order["order_id"])
    await buyer.until(order["order_id"], "shipped")


async def test_a_cancellation_racing_the_capture_ends_in_one_of_two_ways(buyer, world):
    async def one() -> None:
        _, order = await buyer.place(("A-1", 1))
        path = f"/v1/orders/{order['order_id']}/cancellation"
        status, _ = await buyer.call("POST", path, {}, key=order["order_id"])
        assert status == 202
        ended = await buyer.until(order["order_id"], "cancelled")
        taken = world.captured.get(UUID(order["order_id"]), 0)
        assert ended["refunded"] == taken

    await asyncio.gather(*(one() for _ in range(20)))


async def test_repeated_and_reordered_messages_change_nothing(buyer, world, tenant):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await world.until_heard(order["order_id"], shipping.CreateShipment)
    commands = list(world.heard[UUID(order["order_id"])])
    for command in reversed(commands):
        await world.say(tenant, *world.answer(command))
    await world.deliver(tenant, order["order_id"])
    await world.dispatch(tenant, order["order_id"])
    await world.dispatch(tenant, order["order_id"])
    done = await buyer.until(order["order_id"], "delivered")
    counted = [entry["what"] for entry in done["timeline"]]
    assert len(counted) == len(set(counted))
    assert not await world.bus.parked("order")


async def test_a_partial_refund_is_recorded_and_told(buyer, world, tenant):
    _, order = await buyer.place(("A-1", 1), wait=10)
    refund = payment.PaymentRefunded(
        order_id=UUID(order["order_id"]),
        payment_id=UUID(order["payment"]["payment_id"]),
        refund_id=UUID(int=77),
        amount=1_000,
        refunded_in_all=1_000,
        currency="KRW",
    )
    await world.say(tenant, refund, refund)
    refunded = await world.until_heard(order["order_id"], told.OrderRefunded)
    assert (refunded.amount, refunded.refunded_in_all) == (1_000, 1_000)
    detail = await buyer.order(order["order_id"])
    assert (detail["status"], detail["refunded"]) == ("paid", 1_000)
