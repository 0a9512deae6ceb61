"""Whatever is sent, the answer is a problem document that names the field, in the caller's language; never a 500."""

import base64
import io
import re
import secrets
import uuid

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.gateway.routes import ROUTES, Access
from jangteo.stack.buyer import ADDRESS, Refused

NOBODY = str(uuid.UUID(int=1))


async def problem_of(buyer, method, path, body=None, **more):
    with pytest.raises(Refused) as refusal:
        await buyer.call(method, path, body, **more)
    problem = refusal.value.problem
    assert problem["status"] == refusal.value.status < 500, problem
    assert problem["code"]
    assert problem["detail"]
    return problem


def fields(problem):
    return [error["field"] for error in problem.get("errors", [])]


def order(**changes):
    return {
        "lines": [{"sku": "X", "quantity": 1}],
        "address": ADDRESS,
        "payment": {"provider": "sandbox", "token": "tok_x"},
        **changes,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/v1/orders", order(lines=[]), "lines"),
        ("POST", "/v1/orders", order(lines=[{"sku": "X", "quantity": 0}]), "lines[0].quantity"),
        ("POST", "/v1/orders", order(lines=[{"sku": "X", "quantity": -3}]), "lines[0].quantity"),
        ("POST", "/v1/orders", order(lines=[{"sku": "X", "quantity": 10**12}]), "lines[0].quantity"),
        ("POST", "/v1/orders", order(lines=[{"sku": "X", "quantity": "2"}]), "lines[0].quantity"),
        ("POST", "/v1/orders", order(lines=[{"sku": "X"}]), "lines[0].quantity"),
        ("POST", "/v1/orders", order(lines=[{"sku": "NO-SUCH-SKU", "quantity": 1}]), "lines[0].sku"),
        ("POST", "/v1/orders", order(total=1), "total"),
        ("POST", "/v1/orders", order(address={**ADDRESS, "zip": "1234"}), "address.zip"),
        ("POST", "/v1/orders", order(address={**ADDRESS, "phone": "12"}), "address.phone"),
        ("POST", "/v1/orders", order(payment={"provider": "sandbox", "token": "4242424242424242"}), "payment.token"),
        ("POST", "/v1/cart/lines", {"sku": "X", "quantity": 0}, "quantity"),
        ("POST", "/v1/cart/lines", {"quantity": 1}, "sku"),
        ("POST", "/v1/cart/lines", {"sku": "NO-SUCH-SKU", "quantity": 1}, "sku"),
        ("POST", "/v1/members", {"email": "no", "password": "x"}, None),
        ("PATCH", "/v1/members/me", {"name": ""}, "name"),
        ("PATCH", "/v1/members/me", {"role": "owner"}, "role"),
        ("POST", "/v1/members/me/addresses", {**ADDRESS, "zip": "abcde"}, "zip"),
        ("POST", "/v1/shipping/quotes", {"zip": "1", "items_total": 1, "weight_grams": 1}, "zip"),
        ("POST", "/v1/shipping/quotes", {"zip": "04524", "items_total": -1, "weight_grams": 1}, "items_total"),
        ("GET", "/v1/products?size=1000", None, "size"),
        ("GET", "/v1/orders?size=0", None, "size"),
    ],
)
async def test_a_wrong_value_names_its_field(buyer, method, path, body, field):
    problem = await problem_of(buyer, method, path, body, key=secrets.token_hex(8))
    if field is not None:
        assert field in fields(problem), problem
    assert any("\uac00" <= letter <= "\ud7a3" for letter in problem["detail"]), problem


async def test_the_problem_is_told_in_english_to_who_reads_english(buyer_of):
    problem = await problem_of(buyer_of("en"), "POST", "/v1/cart/lines", {"sku": "X", "quantity": 0})
    assert problem["detail"].isascii()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/orders/{NOBODY}"),
        ("POST", f"/v1/orders/{NOBODY}/cancellation"),
        ("GET", f"/v1/payments/{NOBODY}"),
        ("GET", f"/v1/shipments/{NOBODY}"),
        ("GET", f"/v1/products/{NOBODY}"),
        ("GET", "/v1/orders/not-an-id"),
        ("GET", "/v1/no-such-thing"),
    ],
)
async def test_what_is_not_there_is_404(buyer, method, path):
    body = {} if method == "POST" else None
    assert (await problem_of(buyer, method, path, body, key=secrets.token_hex(8)))["status"] == 404


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/members/me", "/v1/payments", "/v1/shipments", "/v1/notifications"])
async def test_a_token_is_needed_and_must_hold(buyer, buyer_of, path):
    assert (await problem_of(buyer_of(), "GET", path))["status"] == 401
    stranger = buyer_of()
    for token in ("nonsense", forged(buyer.tokens["access_token"]), unsigned(buyer.tokens["access_token"])):
        stranger.tokens = {"access_token": token}
        problem = await problem_of(stranger, "GET", path)
        assert problem["status"] == 401


def forged(token):
    """The same claims, signed by somebody else."""
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode({**claims, "exp": claims["exp"] + 9999}, key, algorithm="RS256", headers={"kid": header["kid"]})


def unsigned(token):
    """The same claims, without a signature."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


async def test_bodies_that_are_no_json_or_too_large_are_refused(buyer, web, mall):
    headers = {"Authorization": f"Bearer {buyer.tokens['access_token']}", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = "k"
    for path in ("/v1/orders", "/v1/cart/lines", "/v1/members", "/v1/sessions"):
        for body, status in ((b"{", 400), (b"\xff\xfe\x00", 400), (b"[]", 422), (b"x" * 10_000_000, 413)):
            async with web.post(mall.url + path, data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status == status, (path, body[:10], await answer.text())
                assert "code" in msgspec.json.decode(await answer.read())


async def test_internal_and_operational_addresses_are_not_reachable_from_outside(web, mall):
    for path in (
        f"/internal/members/{NOBODY}/contact",
        f"/internal/orders/{NOBODY}/delivery",
        "/internal/offers",
        "/metrics",
        "/health/live",
        "/v1/../internal/offers",
        "/v1/..%2finternal/offers",
        "//internal/offers",
    ):
        for method in ("GET", "POST"):
            async with web.request(method, mall.url + path) as answer:
                assert answer.status in (400, 404), path


async def test_an_internal_address_reached_past_the_gateway_asks_for_a_services_identity(web, mall, buyer):
    for service, path in (
        ("user", f"/internal/members/{buyer.member['id']}/contact"),
        ("order", f"/internal/orders/{NOBODY}/delivery"),
        ("product", "/internal/offers"),
        ("cart", f"/internal/carts/{buyer.member['id']}"),
    ):
        for headers in ({}, {"Authorization": f"Bearer {buyer.tokens['access_token']}"}, {"X-Service-Identity": "x"}):
            method = "POST" if service == "product" else "GET"
            url = mall.site.url(service) + path
            async with web.request(method, url, json={"skus": []}, headers=headers) as answer:
                assert answer.status in (401, 403), (service, headers, await answer.text())


async def test_who_may_not_call_a_route_is_told_so_whatever_the_body_and_nothing_about_the_body(buyer, web, mall):
    rows = [row for row in ROUTES if row.access is Access.STAFF and row.method in ("POST", "PUT", "PATCH")]
    assert len(rows) > 15
    sent = {"Authorization": f"Bearer {buyer.tokens['access_token']}", "Content-Type": "application/json"}
    told = {}
    for row in rows:
        path = re.sub(r"\{[^}]*\}", NOBODY, row.path)
        for body in (b"{", b'{"a": 1}'):
            async with web.request(row.method, mall.url + path, data=body, headers=sent) as answer:
                told[row.name, body] = (answer.status, (await answer.json(content_type=None))["code"])
    assert {key: value for key, value in told.items() if value != (403, "permission.missing")} == {}
