"""Authorise and capture as one command, or the capture later by one of its own: a setting of shop and provider."""

from uuid import UUID

import pytest

from jangteo.contracts import payment

WHAT = ["placed", "payment_chosen", "stock_held", "payment_authorised", "payment_captured"]


def commands_to_payment(world, order):
    return [type(told) for told in world.heard[UUID(order["order_id"])] if isinstance(told, payment.PaymentMessage)]


async def test_money_is_authorised_and_captured_by_one_command(buyer, world):
    _, order = await buyer.place(("A-1", 1), wait=10)
    assert order["status"] == "paid"
    assert commands_to_payment(world, order) == [payment.AuthorisePayment]
    assert world.heard[UUID(order["order_id"])][1].capture
    assert [entry["what"] for entry in (await buyer.order(order["order_id"]))["timeline"]][:5] == WHAT


@pytest.mark.parametrize("chosen", ["with the order", "afterwards"])
async def test_a_shop_may_have_its_money_held_first(buyer_captured_later, world, chosen):
    buyer, card = buyer_captured_later, {"provider": "sandbox", "token": "tok_good"}
    _, order = await buyer.place(("A-1", 1), payment=card if chosen == "with the order" else None, wait=10)
    if chosen == "afterwards":
        path = f"/v1/orders/{order['order_id']}/payments"
        _, order = await buyer.call("POST", path, card, key="k", Prefer="wait=10")
    assert order["status"] == "paid"
    assert commands_to_payment(world, order) == [payment.AuthorisePayment, payment.CapturePayment]
    assert not world.heard[UUID(order["order_id"])][1].capture


async def test_money_held_first_that_cannot_be_taken_cancels_the_order(buyer_captured_later):
    card = {"provider": "sandbox", "token": "tok_capture_fails"}
    _, order = await buyer_captured_later.place(("A-1", 1), payment=card, wait=10)
    assert (order["status"], order["reason"], order["refunded"]) == ("cancelled", "payment.capture_failed", 0)
