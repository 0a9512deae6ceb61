"""Clients that are slow or speak ambiguously."""

import asyncio
import json

import pytest


async def test_a_client_that_dribbles_its_body_never_reaches_a_service(mall):
    mall.upstreams["cart"].seen.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", mall.settings.http_port)
    writer.write(b"POST /v1/cart/lines HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    assert (await mall.get("/v1/products")).status == 200
    assert mall.upstreams["cart"].seen == []
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_dribbles_its_headers_is_cut_off(mall):
    raw = await mall.raw(b"GET /v1/products HTTP/1.1\r\nHost: x\r\nX-Slow: ", seconds=60)
    assert raw.startswith(b"HTTP/1.1 408")
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["code"] == "request.too_slow"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET /v1/products HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=["two lengths", "two content lengths", "no host", "no http"],
)
async def test_ambiguous_requests_are_refused_before_any_service_sees_them(mall, request_bytes):
    mall.upstreams["product"].seen.clear()
    assert (await mall.raw(request_bytes)).startswith(b"HTTP/1.1 400")
    assert mall.upstreams["product"].seen == []
