"""What the gateway lets through and how it arrives: paths, methods, headers, bodies."""

import gzip
import io
import json

import pytest
from aiohttp import web

from jangteo.gateway.routes import ROUTES, Access


def sample(path: str) -> str:
    """Return a concrete path for a row."""
    return path.replace("*", "some/thing").replace("{", "").replace("}", "-1")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_every_row_reaches_its_service_with_path_query_and_host_unchanged(mall, route):
    headers = {"Host": "demo.localhost"} | ({} if route.access is Access.PUBLIC else mall.bearer())
    told = await mall.call(route.method, sample(route.path) + "?a=%EA%B0%80&b=1", headers=headers)
    assert told.status == 200
    assert told.json["service"] == route.service
    assert told.json["path"] == (route.rewrite or sample(route.path)) + "?a=%EA%B0%80&b=1"
    assert told.json["headers"]["host"] == "demo.localhost"


@pytest.mark.parametrize("route", [row for row in ROUTES if row.access is not Access.PUBLIC], ids=lambda row: row.name)
async def test_every_row_that_is_not_public_refuses_a_bad_token(mall, route):
    told = await mall.call(route.method, sample(route.path), headers={"Authorization": "Bearer a.b.c"})
    assert (told.status, told.json["code"]) == (401, "token.invalid")
    none = await mall.call(route.method, sample(route.path))
    assert none.status == (200 if route.access is Access.OPTIONAL else 401)


@pytest.mark.parametrize(
    "path",
    [
        "/internal/members/1",
        "/v1/../internal/members",
        "/v1/products/../../internal/x",
        "/v1/%2e%2e/internal/x",
        "/media/../internal/x",
        "/media/a/b",
        "/media/..\\internal",
        "//internal/x",
        "/v1/products/1/",
        "/v1//orders/../../internal",
        "/metrics",
        "/health/live",
        "/health/ready",
        "/v1/unknown",
        "/V1/products",
    ],
)
async def test_what_has_no_row_is_404_in_the_form_of_the_services(mall, path):
    for upstream in mall.upstreams.values():
        upstream.seen.clear()
    raw = await mall.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "route.unknown"
    assert not any(upstream.seen for upstream in mall.upstreams.values())


@pytest.mark.parametrize("path", ["/v1%2forders", "/media/..%2finternal", "/media/%5c..%5cinternal", "/v1/a%00b"])
async def test_escaped_slashes_and_zeros_are_refused(mall, path):
    raw = await mall.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert raw.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["code"] in ("request.malformed", "route.unknown")


async def test_doubled_slashes_are_one(mall):
    raw = await mall.raw(b"GET //v1///products HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200")
    assert mall.upstreams["product"].seen[-1].path == "/v1/products"


async def test_a_known_path_with_a_wrong_method_is_405_with_what_is_allowed(mall):
    told = await mall.call("DELETE", "/v1/orders")
    assert (told.status, told.json["code"]) == (405, "method.not_allowed")
    assert told.headers["Allow"] == "GET, HEAD, POST"


async def test_internal_headers_of_an_outsider_never_arrive(mall):
    evil = {
        "X-Tenant": "other",
        "X-Service-Identity": "forged",
        "X-Envoy-Retry-On": "5xx",
        "X-Envoy-Upstream-Rq-Timeout-Ms": "1",
        "X-Envoy-Original-Path": "/internal",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "other.localhost",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=6.6.6.6",
        "X-Request-Id": "mine",
        "X-Original-URL": "/internal",
        "x-SERVICE-name": "order",
    }
    told = await mall.get("/v1/products", headers=evil)
    arrived = told.json["headers"]
    assert not {"x-tenant", "x-service-identity", "x-forwarded-host", "forwarded", "x-original-url"} & set(arrived)
    assert not [name for name in arrived if name.startswith(("x-envoy", "x-service"))]
    assert "6.6.6.6" not in arrived["x-forwarded-for"]
    assert arrived["x-forwarded-proto"] == "http"
    assert arrived["x-request-id"] != "mine"
    assert told.headers["x-request-id"] == arrived["x-request-id"]


async def test_a_trace_is_carried_on_locally_and_cut_elsewhere(mall, opening, tmp_path):
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "baggage": "a=b"}
    assert (await mall.get("/v1/products", headers=trace)).json["headers"]["traceparent"] == trace["traceparent"]
    async with opening(tmp_path, environment="production") as public:
        arrived = (await public.get("/v1/products", headers=trace)).json["headers"]
    assert not {"traceparent", "baggage"} & set(arrived)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_413_and_one_within_it_arrives_whole(mall, chunked):
    async def pieces(size):
        for _ in range(size // 65536):
            yield b"x" * 65536

    whole = pieces(15 * 65536) if chunked else b"x" * (15 * 65536)
    told = await mall.call("POST", "/v1/webhooks/payments/sandbox", data=whole)
    assert told.json["bytes"] == 15 * 65536
    large = pieces(40 * 65536) if chunked else io.BytesIO(b"x" * (40 * 65536))
    told = await mall.call("POST", "/v1/webhooks/payments/sandbox", data=large)
    assert (told.status, told.json["code"]) == (413, "body.too_large")


async def test_a_webhook_body_and_its_signature_arrive_byte_for_byte(mall):
    body = b'{"b":  1,\n"a":"\xea\xb0\x80"}'
    headers = {"X-Signature": "t=1,v1=abc", "Authorization": "Basic cHJvdmlkZXI6eA=="}
    await mall.call("POST", "/v1/webhooks/payments/sandbox", data=body, headers=headers)
    seen = mall.upstreams["payment"].seen[-1]
    assert seen.body == body
    assert seen.headers["x-signature"] == "t=1,v1=abc"
    assert seen.headers["authorization"] == "Basic cHJvdmlkZXI6eA=="


async def test_too_large_and_too_many_headers_are_431(mall):
    for headers in ({"X-Long": "x" * 40_000}, {f"X-{number}": "1" for number in range(150)}):
        told = await mall.get("/v1/products", headers=headers)
        assert (told.status, told.json["code"]) == (431, "headers.too_large")


async def test_security_headers_are_on_every_answer_and_a_service_may_set_its_own(mall):
    for told in (await mall.get("/v1/products"), await mall.get("/nowhere"), await mall.get("/v1/orders")):
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert told.headers["X-Frame-Options"] == "DENY"
        assert told.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in told.headers["Content-Security-Policy"]
        assert told.headers["Server"] == "jangteo"
        assert not [name for name in told.headers if name.lower().startswith("x-envoy")]


async def test_cross_origin_calls_are_for_the_configured_origins_only(mall):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    told = await mall.call("OPTIONS", "/v1/orders", headers={"Origin": "https://shop.example", **asked})
    assert told.status == 200
    assert told.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "POST" in told.headers["Access-Control-Allow-Methods"]
    plain = await mall.get("/v1/products", headers={"Origin": "https://shop.example"})
    assert plain.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    for origin in ("https://evil.example", "https://shop.example.evil", "null"):
        told = await mall.call("OPTIONS", "/v1/orders", headers={"Origin": origin, **asked})
        assert "Access-Control-Allow-Origin" not in told.headers
        assert "Access-Control-Allow-Origin" not in (await mall.get("/v1/products", headers={"Origin": origin})).headers


async def test_the_access_log_tells_what_happened_and_nothing_personal(mall):
    secret = mall.keys.token(jti="secret-of-the-log")
    headers = {"Authorization": f"Bearer {secret}", "Cookie": "cart=secret-cookie"}
    told = await mall.get("/v1/orders/o-log-1?email=hong@example.com", headers=headers)
    line = await mall.access_log(told.headers["x-request-id"])
    assert line["path"] == "/v1/orders/o-log-1"
    assert line["route"] == "GET /v1/orders/{id}"
    assert (line["status"], line["service"], line["method"]) == (200, "order", "GET")
    assert line["client"] == "127.0.0.0/24"
    text = mall.log_path.read_text()
    assert not [word for word in ("hong", secret, "secret-cookie", "Bearer") if word in text]


async def test_large_json_is_compressed_for_who_asks_and_only_then(mall):
    large = {"items": ["여름 티셔츠"] * 500}

    async def answer(request):
        if request.path.endswith("/tagged"):
            return web.json_response(large, headers={"ETag": '"v1"'})
        return web.json_response(large if request.path == "/v1/products" else {"id": "small"})

    product = mall.upstreams["product"]
    product.answer = answer
    try:
        asking = {"Accept-Encoding": "gzip"}
        packed = await mall.get("/v1/products", headers=asking)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert json.loads(gzip.decompress(packed.raw)) == large
        for path, headers in (
            ("/v1/products", {"Accept-Encoding": "identity"}),
            ("/v1/products/p-1", asking),
        ):
            assert "Content-Encoding" not in (await mall.get(path, headers=headers)).headers
        # The bytes are others, the thing is the same: a weak tag.
        assert (await mall.get("/v1/products/tagged", headers=asking)).headers["ETag"] == 'W/"v1"'
        assert (await mall.get("/v1/products/tagged", headers={"Accept-Encoding": "br"})).headers["ETag"] == '"v1"'
    finally:
        product.answer = None


async def test_envoy_has_nothing_to_say_against_our_configuration(mall):
    complaints = [
        line
        for line in mall.log_path.read_text().splitlines()
        if line.startswith("{") and '"logger":"access"' not in line
    ]
    assert complaints == []
    assert (await mall.envoy.admin.state()).refused_files == 0
