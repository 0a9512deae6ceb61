"""The processor refuses what it must, answers a key once, and keeps no card number anywhere."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jangteo.sandbox.pay.settings import PaySettings

SUCCESS = "4242424242424242"


async def test_twenty_equal_calls_at_once_make_one_payment(merchant: Any) -> None:
    token = await merchant.token(SUCCESS)
    body = {"reference": "twenty", "amount": 100, "currency": "KRW", "token": token}
    answers = await asyncio.gather(*(merchant.post("/v1/payments", body, "same") for _ in range(20)))
    assert len(await merchant.found("twenty")) == 1
    payments = {answer["id"] for status, answer in answers if status == 201}
    assert len(payments) == 1
    assert all(status in (201, 409) for status, _ in answers)
    assert (await merchant.post("/v1/payments", body, "same"))[1]["id"] in payments


async def test_twenty_equal_calls_while_the_first_is_held_answer_409_or_the_payment(merchant: Any) -> None:
    token = await merchant.token("4000000000001000")
    body = {"reference": "held", "amount": 100, "currency": "KRW", "token": token}
    answers = await asyncio.gather(*(merchant.post("/v1/payments", body, "held") for _ in range(20)))
    assert sorted({status for status, _ in answers}) == [201, 409]
    assert {answer["code"] for status, answer in answers if status == 409} == {"idempotency_key_in_use"}
    assert len(await merchant.found("held")) == 1


async def test_twenty_refunds_at_once_never_give_back_more_than_was_taken(merchant: Any) -> None:
    _, payment = await merchant.pay(SUCCESS, "many-refunds", capture=True)
    path = f"/v1/payments/{payment['id']}/refunds"
    answers = await asyncio.gather(*(merchant.post(path, {"amount": 1_000}) for _ in range(20)))
    assert [status for status, _ in answers].count(201) == 12
    assert (await merchant.get(f"/v1/payments/{payment['id']}"))["refunded_amount"] == 12_000


async def test_a_key_belongs_to_one_body_and_one_path(merchant: Any) -> None:
    _, payment = await merchant.pay(SUCCESS, "first", key="taken")
    token = await merchant.token(SUCCESS)
    body = {"reference": "other", "amount": 1, "currency": "KRW", "token": token}
    status, refused = await merchant.post("/v1/payments", body, "taken")
    assert (status, refused["code"]) == (422, "idempotency_key_reused")
    path = f"/v1/payments/{payment['id']}/capture"
    assert (await merchant.post(path, {"amount": 12_900}, "taken"))[0] == 422
    assert (await merchant.get(f"/v1/payments/{payment['id']}"))["status"] == "authorized"


async def test_a_decline_is_replayed_and_a_refused_request_frees_its_key(merchant: Any) -> None:
    token = await merchant.token("4000000000000002")
    body = {"reference": "declined", "amount": 100, "currency": "KRW", "token": token}
    first = await merchant.post("/v1/payments", body, "decline")
    assert first == await merchant.post("/v1/payments", body, "decline")
    assert len(await merchant.found("declined")) == 1
    assert (await merchant.post("/v1/payments", body | {"token": "tok_no"}, "typo"))[1]["code"] == "token_unknown"
    assert (await merchant.post("/v1/payments", body, "typo"))[0] == 402


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": 10**12}, "amount"),
        ({"currency": "WON"}, "currency"),
        ({"reference": ""}, "reference"),
        ({"surprise": 1}, "surprise"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
    ],
)
async def test_a_wrong_payment_is_refused_by_the_name_of_its_field(merchant: Any, change: Any, field: str) -> None:
    body = {"reference": "wrong", "amount": 100, "currency": "KRW", "token": "tok_x"} | change
    status, refused = await merchant.post("/v1/payments", body)
    assert (status, refused["code"]) == (422, "invalid_request")
    assert [error["field"] for error in refused["errors"]] == [field]
    assert await merchant.found("wrong") == []


async def test_nobody_comes_in_without_the_secret_key_or_an_idempotency_key(
    merchant: Any, http: aiohttp.ClientSession
) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ÿ"}):
        async with http.get(f"{merchant.url}/v1/payments", headers=headers) as response:
            assert response.status == 401
            assert response.content_type == "application/problem+json"
    authorized = {"Authorization": "Bearer sk_test_of_the_merchant"}
    body = {"reference": "no-key", "amount": 100, "currency": "KRW", "token": await merchant.token(SUCCESS)}
    async with http.post(f"{merchant.url}/v1/payments", json=body, headers=authorized) as response:
        assert (response.status, (await response.json())["code"]) == (400, "idempotency_key_required")
    assert await merchant.found("no-key") == []
    async with http.post(f"{merchant.url}/v1/payments", data=b"{", headers=authorized) as response:
        assert response.status == 400
    async with http.get(f"{merchant.url}/v1/payments/pay_none", headers=authorized) as response:
        assert (response.status, (await response.json())["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"number": "4242424242424241"}, 422, "card_number_invalid", "number"),
        ({"number": "4111111111111111"}, 422, "test_card_required", "number"),
        ({"number": "four"}, 422, "card_number_invalid", "number"),
        ({"expiry_year": 2024}, 422, "card_expired", "expiry_year"),
        ({"expiry_month": 13}, 422, "invalid_request", "expiry_month"),
        ({"cvc": "12"}, 422, "cvc_invalid", "cvc"),
        ({"cvc": "1234"}, 422, "cvc_invalid", "cvc"),
    ],
)
async def test_a_browser_is_told_which_part_of_a_card_is_wrong(
    merchant: Any, http: aiohttp.ClientSession, change: Any, status: int, code: str, field: str
) -> None:
    card = {"number": SUCCESS, "expiry_month": 1, "expiry_year": 2040, "cvc": "123"} | change
    async with http.post(f"{merchant.url}/v1/tokens", json=card) as response:
        refused = await response.json()
        assert (response.status, refused["code"], refused["errors"][0]["field"]) == (status, code, field)
        assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_browser_of_any_origin_may_tokenise(merchant: Any, http: aiohttp.ClientSession) -> None:
    async with http.options(f"{merchant.url}/v1/tokens") as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Access-Control-Allow-Headers"] == "Content-Type"


async def test_the_card_form_speaks_to_the_shops_own_origins_only(merchant: Any, http: aiohttp.ClientSession) -> None:
    for origin in ("http://127.0.0.1:8080", "http://localhost:8080", "http://demo.localhost:8080"):
        async with http.get(f"{merchant.url}/fields", params={"origin": origin, "lang": "en"}) as response:
            assert response.status == 200
            assert f'data-origin="{origin}"' in await response.text()
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "http://*.localhost:8080" in policy.partition("frame-ancestors ")[2]
    for origin in ("", "*", "https://evil.example", "http://evil.example/.localhost:8080", "http://a@b.localhost:8080"):
        async with http.get(f"{merchant.url}/fields", params={"origin": origin}) as response:
            assert response.status == 403
    for name in ("fields.js", "pay.css"):
        async with http.get(f"{merchant.url}/static/{name}") as response:
            assert response.status == 200
    async with http.get(f"{merchant.url}/static/..%2fmain.py") as response:
        assert response.status == 404


def everything_in(folder: str) -> bytes:
    return b"".join(path.read_bytes() for path in Path(folder).iterdir())


async def test_no_card_number_is_kept_or_logged(
    merchant: Any, settings: PaySettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await merchant.pay(SUCCESS, "scan", capture=True)
    kept = everything_in(settings.state_dir)
    assert b"scan" in kept
    assert SUCCESS.encode() not in kept
    assert SUCCESS not in caplog.text


async def test_lists_are_read_page_by_page_in_order(merchant: Any) -> None:
    for number in range(5):
        await merchant.pay(SUCCESS, f"page-{number}", capture=True)
    seen: list[str] = []
    after = ""
    while True:
        page = await merchant.get(f"/v1/payments?status=captured&limit=2&after={after}")
        seen += [payment["reference"] for payment in page["data"]]
        if not page["has_more"]:
            break
        after = page["data"][-1]["id"]
    assert seen == [f"page-{number}" for number in range(5)]
    first = await merchant.get("/v1/balance-transactions?limit=3")
    rest = await merchant.get(f"/v1/balance-transactions?limit=3&after={first['data'][-1]['id']}")
    assert first["has_more"]
    assert [each["reference"] for each in first["data"] + rest["data"]] == seen
