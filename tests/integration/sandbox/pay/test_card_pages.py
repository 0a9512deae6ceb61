"""The processor's own card page: no script needed, back to the shop only, and one payment of the sum that was shown."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from jangteo.sandbox.pay.settings import PaySettings

SUCCESS = "4242424242424242"
BACK = "http://demo.localhost:8080/orders/1/paid?step=2"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}


async def opened(merchant: Any, **changes: Any) -> str:
    body = {"reference": "20261122-ABC", "amount": 12_900, "currency": "KRW", "return_url": BACK} | changes
    status, page = await merchant.post("/v1/card-pages", body)
    assert (status, page["reference"]) == (201, body["reference"])
    return str(page["url"])


async def typed(http: aiohttp.ClientSession, url: str, **changes: str) -> tuple[int, str, str]:
    """Press the button; return the status, the Location and the page."""
    async with http.post(url, data=CARD | changes, allow_redirects=False) as response:
        return response.status, response.headers.get("Location", ""), await response.text()


def told(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def test_a_card_typed_at_the_page_leads_back_with_a_token_that_pays(
    merchant: Any, http: aiohttp.ClientSession
) -> None:
    url = await opened(merchant)
    async with http.get(url) as page:
        text, policy = await page.text(), page.headers["Content-Security-Policy"]
    assert "12,900" in text
    assert "20261122-ABC" in text
    assert "<script" not in text
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://demo.localhost:8080;" in policy
    status, location, _ = await typed(http, url)
    assert status == 303
    assert location.startswith(BACK + "&")
    back = told(location)
    assert (back["reference"], back["status"], back["step"]) == ("20261122-ABC", "completed", "2")
    body = {"reference": "paid", "amount": 12_900, "currency": "KRW", "token": back["token"]}
    assert (await merchant.post("/v1/payments", body))[0] == 201


async def test_its_token_pays_what_was_shown_and_once(merchant: Any, http: aiohttp.ClientSession) -> None:
    _, location, _ = await typed(http, await opened(merchant))
    body = {"reference": "once", "amount": 12_900, "currency": "KRW", "token": told(location)["token"]}
    status, refused = await merchant.post("/v1/payments", body | {"amount": 12_901})
    assert (status, refused["code"]) == (422, "amount_not_shown")
    first = await merchant.post("/v1/payments", body, "the-key")
    assert first[0] == 201
    assert await merchant.post("/v1/payments", body, "the-key") == first
    status, refused = await merchant.post("/v1/payments", body, "another-key")
    assert (status, refused["code"]) == (422, "token_spent")
    assert len(await merchant.found("once")) == 1


async def test_twenty_presses_at_once_make_one_token(merchant: Any, http: aiohttp.ClientSession) -> None:
    url = await opened(merchant)
    answers = await asyncio.gather(*(typed(http, url) for _ in range(20)))
    assert {status for status, _, _ in answers} == {303}
    assert len({told(location)["token"] for _, location, _ in answers}) == 1
    async with http.get(url, allow_redirects=False) as again:
        assert told(again.headers["Location"])["token"] == told(answers[0][1])["token"]


async def test_a_used_page_takes_no_second_card(merchant: Any, http: aiohttp.ClientSession) -> None:
    url = await opened(merchant)
    _, location, _ = await typed(http, url)
    body = {"reference": "used", "amount": 12_900, "currency": "KRW", "token": told(location)["token"]}
    await merchant.post("/v1/payments", body)
    status, _, text = await typed(http, url)
    assert status == 409
    assert "<form" not in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "4242424242424241"}, "number"),
        ({"number": "4111111111111111"}, "number"),
        ({"number": ""}, "number"),
        ({"expiry": "13/40"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"expiry": "01/20"}, "expiry"),
        ({"cvc": "12"}, "cvc"),
    ],
)
async def test_a_wrong_card_is_told_beside_its_field_and_not_shown_again(
    merchant: Any, http: aiohttp.ClientSession, change: dict[str, str], field: str
) -> None:
    url = await opened(merchant)
    status, _, text = await typed(http, url, **change)
    assert status == 422
    assert re.search(rf'<input id="{field}" [^>]*aria-invalid="true"', text)
    assert 'role="alert"' in text
    assert CARD["number"] not in text
    assert (await typed(http, url))[0] == 303


async def test_whoever_leaves_goes_back_without_a_token(merchant: Any, http: aiohttp.ClientSession) -> None:
    url = await opened(merchant)
    async with http.post(url, data={"leave": "1"}, allow_redirects=False) as left:
        assert told(left.headers["Location"]) == {"step": "2", "reference": "20261122-ABC", "status": "left"}
    assert (await typed(http, url))[0] == 409


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://127.0.0.1:8080.evil.example/",
        "http://127.0.0.1:8080@evil.example/",
        "http://evil.example/.localhost:8080",
        "http://evil.example\\.localhost:8080",
    ],
)
async def test_a_page_leads_to_the_shop_and_nowhere_else(
    merchant: Any, http: aiohttp.ClientSession, address: str
) -> None:
    body = {"reference": "r", "amount": 1, "currency": "KRW", "return_url": address}
    status, refused = await merchant.post("/v1/card-pages", body)
    assert (status, refused["errors"][0]["field"]) == (422, "return_url")
    _, payment = await merchant.pay("4000002500003155", "confirm-elsewhere")
    async with http.get(payment["confirmation_url"], params={"return_url": address}) as page:
        assert page.status == 422


async def test_only_the_merchant_opens_pages_and_nobody_guesses_one(
    merchant: Any, http: aiohttp.ClientSession, settings: PaySettings
) -> None:
    async with http.post(f"{merchant.url}/v1/card-pages", json={}) as response:
        assert response.status == 401
    assert (await typed(http, f"{merchant.url}/cards/of-nobody"))[0] == 404


async def test_a_confirmation_leads_back_to_the_address_that_the_shop_added(
    merchant: Any, http: aiohttp.ClientSession
) -> None:
    _, payment = await merchant.pay("4000002500003155", "order-8")
    back = {"return_url": "http://127.0.0.1:8080/orders/8"}
    async with http.get(payment["confirmation_url"], params=back) as page:
        assert "form-action 'self' http://127.0.0.1:8080;" in page.headers["Content-Security-Policy"]
    url = payment["confirmation_url"]
    async with http.post(url, params=back, data={"decision": "decline"}, allow_redirects=False) as decided:
        expected = f"{back['return_url']}?payment={payment['id']}&status=declined"
        assert (decided.status, decided.headers["Location"]) == (303, expected)
