"""Refunds by staff: in parts, at once, repeated, refused; never more than was paid."""

import asyncio

from jangteo.contracts.payment import PaymentCancelled, PaymentDeclined, PaymentRefunded
from jangteo.kit.ids import new_id


async def shown(staff, one):
    return (await staff.get(f"/v1/payments/{one.payment_id}")).json()


async def until_settled(staff, one):
    detail = await shown(staff, one)
    while any(refund["state"] == "requested" for refund in detail["refunds"]):
        await asyncio.sleep(0.05)
        detail = await shown(staff, one)
    return detail


def path(one):
    return f"/v1/payments/{one.payment_id}/refunds"


async def test_parts_sum_to_what_was_paid_to_the_won(buyer, person):
    one, staff = buyer(amount=10_000), person("payments.refund", "payments.read")
    await one.pay()
    for amount in (3_333, 3_333, 3_334):
        answer = await staff.post(path(one), {"amount": amount, "reason": "returned"}, key=f"k{new_id()}")
        assert (answer.status_code, answer.json()["state"]) == (202, "requested")
    last = await one.until(PaymentRefunded, count=3)
    assert max(message.refunded_in_all for message in one.saga.said(one.order_id)[2:]) == 10_000
    assert last.currency == "KRW"
    detail = await until_settled(staff, one)
    assert (detail["state"], detail["refunded"], detail["refunding"]) == ("refunded", 10_000, 0)
    assert [payment["status"] for payment in await one.at_processor()] == ["refunded"]


async def test_twenty_parallel_parts_never_exceed_what_was_paid(buyer, person):
    one, staff = buyer(amount=10_000), person("payments.refund", "payments.read")
    await one.pay()
    answers = await asyncio.gather(
        *(staff.post(path(one), {"amount": 900, "reason": "part"}, key=f"part-{n}") for n in range(20))
    )
    accepted = [answer for answer in answers if answer.status_code == 202]
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 422]
    assert (len(accepted), refused) == (11, ["payment.refund_too_large"] * 9)
    detail = await until_settled(staff, one)
    (payment,) = await one.at_processor()
    assert detail["refunded"] == payment["refunded_amount"] == 9_900
    rest = await staff.post(path(one), {"amount": 100, "reason": "the rest"}, key="rest")
    assert rest.status_code == 202
    assert (await until_settled(staff, one))["state"] == "refunded"


async def test_the_same_key_twenty_times_in_parallel_is_one_refund(buyer, person):
    one, staff = buyer(), person("payments.refund", "payments.read")
    await one.pay()
    answers = await asyncio.gather(
        *(staff.post(path(one), {"amount": 500, "reason": "once"}, key="the same") for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await until_settled(staff, one))["refunded"] == 500
    another = await staff.post(path(one), {"amount": 600, "reason": "once"}, key="the same")
    assert (another.status_code, another.json()["code"]) == (422, "idempotency_key.reused")


async def test_what_is_shown_of_refunds_and_of_their_sum_is_of_one_moment(buyer, person):
    one, staff = buyer(), person("payments.refund", "payments.read")
    await one.pay()
    asked = [staff.post(path(one), {"amount": 100, "reason": "part"}, key=f"part-{n}") for n in range(12)]
    seen, settling = [], asyncio.gather(*asked)
    while not settling.done() or seen[-1]["refunding"]:
        seen += await asyncio.gather(*(shown(staff, one) for _ in range(4)))
    await settling
    for detail in seen:
        given_back = [refund["amount"] for refund in detail["refunds"] if refund["state"] == "succeeded"]
        assert detail["refunded"] == sum(given_back)
    assert seen[-1]["refunded"] == 1_200


async def test_a_refund_that_the_issuer_refuses_fails_and_frees_its_amount(buyer, person):
    one, staff = buyer(), person("payments.refund", "payments.read")
    await one.pay("refund_fails")
    await staff.post(path(one), {"amount": 12_900, "reason": "all"}, key="first")
    detail = await until_settled(staff, one)
    assert [(refund["state"], refund["failure"]) for refund in detail["refunds"]] == [("failed", "refund_failed")]
    assert (detail["state"], detail["refunded"], detail["refunding"]) == ("captured", 0, 0)
    assert (await staff.post(path(one), {"amount": 12_900, "reason": "all"}, key="second")).status_code == 202


async def test_a_cancellation_gives_back_what_parts_have_left(buyer, person):
    one, staff = buyer(), person("payments.refund", "payments.read")
    await one.pay()
    await asyncio.gather(
        *(staff.post(path(one), {"amount": 1_000, "reason": "part"}, key=f"part-{n}") for n in range(5)), one.cancel()
    )
    assert (await one.until(PaymentCancelled)).refunded == 12_900
    (payment,) = await one.at_processor()
    assert payment["refunded_amount"] == 12_900
    late = await staff.post(path(one), {"amount": 1, "reason": "late"}, key="late")
    assert late.status_code == 409


async def test_what_was_not_taken_cannot_be_given_back(buyer, person):
    one, staff = buyer(), person("payments.refund")
    await one.authorise("declined")
    await one.until(PaymentDeclined)
    answer = await staff.post(path(one), {"amount": 1, "reason": "x"}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "payment.illegal_move")
