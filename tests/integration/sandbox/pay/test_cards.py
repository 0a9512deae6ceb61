"""Each documented test card does what docs/sandbox.md says, over real HTTP and real webhooks."""

import asyncio
from typing import Any

import aiohttp
import pytest

SUCCESS = "4242424242424242"


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242 4242 4242 4242", "visa"),
        ("5555555555554444", "mastercard"),
        ("378282246310005", "amex"),
        ("3530111333300000", "jcb"),
        ("9490220000000002", "domestic"),
    ],
)
async def test_a_success_card_is_authorized_and_announced_once(
    merchant: Any, receiver: Any, number: str, brand: str
) -> None:
    status, payment = await merchant.pay(number, "order-1")
    assert (status, payment["status"], payment["amount"], payment["currency"]) == (201, "authorized", 12_900, "KRW")
    assert payment["card"] == {"brand": brand, "last4": number[-4:], "expiry": "12/40"}
    [hook] = await receiver.wait_for(1, payment["id"])
    assert hook.is_genuine
    assert hook.event["type"] == "payment.authorized"
    assert hook.event["data"]["payment"] == payment


async def test_capture_void_and_refunds_move_the_money_and_the_balance(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay(SUCCESS, "order-2")
    path = f"/v1/payments/{payment['id']}"
    assert (await merchant.post(f"{path}/capture", {"amount": 13_000}))[1]["code"] == "amount_too_large"
    status, captured = await merchant.post(f"{path}/capture", {"amount": 12_000})
    assert (status, captured["status"], captured["captured_amount"]) == (200, "captured", 12_000)
    assert (await merchant.post(f"{path}/capture", {"amount": 1}))[0] == 409
    assert (await merchant.post(f"{path}/void", {}))[1]["code"] == "payment_not_voidable"
    assert (await merchant.post(f"{path}/refunds", {"amount": 5_000, "reference": "return-1"}))[0] == 201
    assert (await merchant.get(path))["status"] == "captured"
    assert (await merchant.post(f"{path}/refunds", {"amount": 7_001}))[1]["code"] == "amount_too_large"
    assert (await merchant.post(f"{path}/refunds", {"amount": 7_000}))[0] == 201
    assert (await merchant.get(path))["status"] == "refunded"
    assert [refund["amount"] for refund in (await merchant.get(f"{path}/refunds"))["data"]] == [5_000, 7_000]
    movements = (await merchant.get("/v1/balance-transactions?from=2020-01-01T00:00:00Z"))["data"]
    assert [(each["type"], each["amount"]) for each in movements] == [
        ("charge", 12_000),
        ("refund", -5_000),
        ("refund", -7_000),
    ]
    await receiver.wait_for(4, payment["id"])
    assert receiver.types(payment["id"]) == [
        "payment.authorized",
        "payment.captured",
        "payment.refunded",
        "payment.refunded",
    ]


async def test_a_voided_payment_cannot_be_captured(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay(SUCCESS, "order-3")
    assert (await merchant.post(f"/v1/payments/{payment['id']}/void", {}))[1]["status"] == "voided"
    status, refused = await merchant.post(f"/v1/payments/{payment['id']}/capture", {"amount": 1})
    assert (status, refused["code"]) == (409, "payment_not_capturable")
    await receiver.wait_for(2, payment["id"])
    assert receiver.types(payment["id"])[-1] == "payment.voided"


async def test_capture_at_once_charges_and_is_announced_once(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay(SUCCESS, "order-4", capture=True)
    assert (payment["status"], payment["captured_amount"]) == ("captured", 12_900)
    await receiver.wait_for(1, payment["id"])
    assert receiver.types(payment["id"]) == ["payment.captured"]


@pytest.mark.parametrize(
    ("number", "code"), [("4000000000000002", "card_declined"), ("4000000000009995", "insufficient_funds")]
)
async def test_a_declined_card_answers_402_keeps_the_payment_and_tells(
    merchant: Any, receiver: Any, number: str, code: str
) -> None:
    status, refused = await merchant.pay(number, "order-5")
    assert (status, refused["code"]) == (402, code)
    payment = await merchant.get(f"/v1/payments/{refused['payment_id']}")
    assert (payment["status"], payment["decline_code"]) == ("declined", code)
    [hook] = await receiver.wait_for(1, payment["id"])
    assert hook.event["type"] == "payment.declined"


@pytest.mark.parametrize(("decision", "status"), [("approve", "authorized"), ("decline", "declined")])
async def test_a_confirmation_is_decided_on_the_page_once(
    merchant: Any, receiver: Any, http: aiohttp.ClientSession, decision: str, status: str
) -> None:
    _, payment = await merchant.pay("4000002500003155", "order-<6>")
    assert payment["status"] == "requires_confirmation"
    url = payment["confirmation_url"]
    async with http.get(url) as page:
        text = await page.text()
        assert "order-&lt;6&gt;" in text
        assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    async with http.post(url, data={"decision": "perhaps"}) as wrong:
        assert wrong.status == 400
    async with http.post(url, data={"decision": decision}) as decided:
        assert decided.status == 200
    async with http.post(url, data={"decision": "approve"}) as again:
        assert again.status == 409
    shown = await merchant.get(f"/v1/payments/{payment['id']}")
    assert (shown["status"], shown["confirmation_url"]) == (status, None)
    [hook] = await receiver.wait_for(1, payment["id"])
    assert hook.event["type"] == f"payment.{status}"


async def test_a_confirmation_leads_back_to_the_shop_that_gave_an_address(
    merchant: Any, http: aiohttp.ClientSession
) -> None:
    _, payment = await merchant.pay("4000002500003155", "order-7", return_url="http://demo.localhost:8080/done?x=1")
    url = payment["confirmation_url"]
    async with http.post(url, data={"decision": "approve"}, allow_redirects=False) as decided:
        assert decided.status == 303
        expected = f"http://demo.localhost:8080/done?x=1&payment={payment['id']}&status=authorized"
        assert decided.headers["Location"] == expected


async def test_a_time_out_that_was_made_is_found_by_its_reference_while_the_caller_waits(
    merchant: Any, receiver: Any, until: Any
) -> None:
    call = asyncio.create_task(merchant.pay("4000000000001000", "order-8", key="slow"))
    found = await until(lambda: merchant.found("order-8"))
    assert found[0]["status"] == "authorized"
    assert not call.done()
    assert receiver.types(found[0]["id"]) == []
    status, payment = await call
    assert (status, payment["id"]) == (201, found[0]["id"])
    assert len(await receiver.wait_for(1, payment["id"])) == 1


async def test_a_time_out_that_was_made_holds_even_when_the_caller_has_gone(
    merchant: Any, receiver: Any, until: Any
) -> None:
    token = await merchant.token("4000000000001000")
    body = {"reference": "order-9", "amount": 100, "currency": "KRW", "token": token}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(merchant.post("/v1/payments", body, "gone"), 0.2)
    [payment] = await merchant.found("order-9")
    assert payment["status"] == "authorized"
    await receiver.wait_for(1, payment["id"])
    status, repeated = await until(lambda: merchant.post("/v1/payments", body, "gone"), lambda answer: answer[0] != 409)
    assert (status, repeated["id"]) == (201, payment["id"])
    assert len(await merchant.found("order-9")) == 1


async def test_a_time_out_that_was_not_made_leaves_nothing(merchant: Any, receiver: Any) -> None:
    status, answer = await merchant.pay("4000000000001018", "order-10")
    assert (status, answer["code"]) == (504, "provider_timeout")
    assert await merchant.found("order-10") == []
    assert receiver.types("order-10") == []


async def test_an_answer_given_twice_repeats_one_id_and_adds_another(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay("4000000000001026", "order-11")
    hooks = await receiver.wait_for(3, payment["id"])
    ids = [hook.event["id"] for hook in hooks]
    assert ids[0] == ids[1] != ids[2]
    assert {hook.event["type"] for hook in hooks} == {"payment.authorized"}


async def test_a_webhook_can_come_before_the_answer(merchant: Any, receiver: Any) -> None:
    answered: list[bool] = []
    call = asyncio.create_task(merchant.pay("4000000000001034", "order-12"))
    receiver.on_hook = lambda hook: answered.append(call.done())
    _, payment = await call
    assert answered == [False]
    assert receiver.types(payment["id"]) == ["payment.authorized"]


async def test_the_answer_does_not_wait_for_a_webhook_that_is_refused(merchant: Any, receiver: Any) -> None:
    receiver.answers = [500, 500]
    status, payment = await merchant.pay("4000000000001034", "order-13")
    assert status == 201
    await receiver.wait_for(3, payment["id"])


async def test_a_late_webhook_comes_late(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay("4000000000001042", "order-14")
    _, prompt = await merchant.pay(SUCCESS, "order-15")
    await receiver.wait_for(1, prompt["id"])
    assert receiver.types(payment["id"]) == []
    await receiver.wait_for(1, payment["id"])


async def test_a_forged_webhook_comes_first_and_is_not_repeated(merchant: Any, receiver: Any, until: Any) -> None:
    _, payment = await merchant.pay("4000000000001059", "order-16")
    forged, good = await receiver.wait_for(2, payment["id"])
    assert not forged.is_genuine
    assert good.is_genuine
    assert forged.body == good.body

    async def log() -> list[str]:
        lines = (await merchant.get(f"/v1/webhook-deliveries?subject={payment['id']}"))["data"]
        return [line["state"] for line in lines]

    assert await until(log, lambda states: "waiting" not in states) == ["refused", "delivered"]


async def test_a_capture_that_fails_leaves_the_authorization_to_be_voided(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay("4000000000001067", "order-17")
    path = f"/v1/payments/{payment['id']}"
    assert (await merchant.post(f"{path}/capture", {"amount": 1}))[1]["code"] == "capture_failed"
    assert (await merchant.get(path))["status"] == "authorized"
    assert (await merchant.post(f"{path}/void", {}))[1]["status"] == "voided"


async def test_a_capture_at_once_that_fails_leaves_the_authorization(merchant: Any, receiver: Any) -> None:
    status, payment = await merchant.pay("4000000000001067", "order-17-at-once", capture=True)
    assert (status, payment["status"], payment["captured_amount"]) == (201, "authorized", 0)
    await receiver.wait_for(1, payment["id"])
    assert receiver.types(payment["id"]) == ["payment.authorized"]


async def test_a_capture_that_times_out_was_made(merchant: Any, receiver: Any, until: Any) -> None:
    _, payment = await merchant.pay("4000000000001075", "order-18")
    path = f"/v1/payments/{payment['id']}"
    call = asyncio.create_task(merchant.post(f"{path}/capture", {"amount": 12_900}))
    await until(lambda: merchant.get(path), lambda payment: payment["status"] == "captured")
    assert not call.done()
    assert (await call)[0] == 200
    await receiver.wait_for(2, payment["id"])


async def test_a_card_that_lapses_expires_and_tells(merchant: Any, receiver: Any) -> None:
    _, payment = await merchant.pay("4000000000001083", "order-19")
    assert payment["status"] == "authorized"
    await receiver.wait_for(2, payment["id"])
    assert receiver.types(payment["id"]) == ["payment.authorized", "payment.expired"]
    status, refused = await merchant.post(f"/v1/payments/{payment['id']}/capture", {"amount": 12_900})
    assert (status, refused["code"]) == (409, "authorization_expired")


async def test_a_refund_that_fails_leaves_the_money_where_it_was(merchant: Any) -> None:
    _, payment = await merchant.pay("4000000000001091", "order-20", capture=True)
    status, refused = await merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 100})
    assert (status, refused["code"]) == (402, "refund_failed")
    shown = await merchant.get(f"/v1/payments/{payment['id']}")
    assert (shown["status"], shown["refunded_amount"]) == ("captured", 0)
