"""The listener for the service `web`: who shows the key is believed who the visitor is, and nobody else gets in."""

import asyncio

import pytest

from jangteo.gateway.limits import RATES
from jangteo.gateway.render import configuration_files
from jangteo.gateway.routes import Limit
from jangteo.gateway.settings import GatewaySettings
from jangteo.kit.settings import SettingsError


def shown(mall, **more):
    return {"X-Jangteo-Inner-Key": mall.settings.inner_key, **more}


@pytest.mark.parametrize("headers", [{}, {"X-Jangteo-Inner-Key": ""}, {"X-Jangteo-Inner-Key": "another"}])
async def test_without_the_key_nothing_is_answered(mall, headers):
    told = await mall.get(mall.inner + "/v1/products", headers=headers)
    assert (told.status, told.json["code"]) == (403, "forbidden")
    assert not mall.upstreams["product"].seen


async def test_a_service_sees_the_visitor_and_never_the_key(mall):
    visitor = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "Host": "other.localhost:1"}
    headers = (await mall.get(mall.inner + "/v1/products", headers=shown(mall, **visitor))).json["headers"]
    assert headers["x-forwarded-for"] == "203.0.113.7"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["host"] == "other.localhost:1"
    assert not [name for name in headers if "inner-key" in name]


async def test_the_key_gains_nothing_outside(mall):
    visitor = {"X-Forwarded-For": "203.0.113.7"}
    headers = (await mall.get("/v1/products", headers=shown(mall, **visitor))).json["headers"]
    assert "203.0.113.7" not in headers["x-forwarded-for"]
    assert not [name for name in headers if "inner-key" in name]


async def test_tokens_are_checked_there_as_anywhere(mall):
    assert (await mall.get(mall.inner + "/v1/orders", headers=shown(mall))).status == 401
    told = await mall.get(mall.inner + "/v1/orders", headers=shown(mall, Authorization="Bearer a.b.c"))
    assert (told.status, told.json["code"]) == (401, "token.invalid")
    assert (await mall.get(mall.inner + "/v1/orders", headers=shown(mall, **mall.bearer()))).status == 200


async def test_it_has_no_pages(mall):
    assert (await mall.get(mall.inner + "/", headers=shown(mall))).status == 404
    assert (await mall.get("/")).json["service"] == "web"


async def test_each_visitor_has_a_rate_of_the_own(opening, tmp_path):
    burst = RATES[Limit.LOGIN].burst
    async with opening(tmp_path, rate_limit_scale=1.0) as mall:

        async def log_in(address):
            headers = shown(mall, **{"X-Forwarded-For": address})
            calls = (mall.call("POST", mall.inner + "/v1/sessions", headers=headers) for _ in range(burst + 1))
            return sum(one.status == 200 for one in await asyncio.gather(*calls))

        assert await log_in("203.0.113.7") == burst
        assert await log_in("203.0.113.8") == burst


def test_a_key_that_can_be_guessed_is_refused(tmp_path):
    ports = {"port": 1, "http_port": 2, "https_port": 3, "admin_port": 4, "inner_port": 5}
    settings = GatewaySettings(
        service="gateway", bus_url="nats://x", state_dir=str(tmp_path), inner_key="short", **ports
    )
    with pytest.raises(SettingsError, match="JANGTEO_INNER_KEY"):
        configuration_files(settings)


async def test_a_browser_is_told_on_a_page_that_there_are_no_pages_and_a_program_as_a_problem(
    opening, tmp_path, eventually
):
    async with opening(tmp_path) as mall:
        for service in ("web", "product"):
            mall.files.write_instances(service, ())

        async def told(path, accept):
            return await mall.get(path, headers={"Accept": accept})

        async def both_are_gone():
            return {(await told(path, "*/*")).status for path in ("/x", "/v1/products")} == {503}

        await eventually(both_are_gone)
        page = await told("/products/x", "text/html,*/*")
        assert (page.status, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert "잠시 후".encode() in page.raw
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        for path, accept in (("/products/x", "application/json"), ("/v1/products?a=1", "text/html")):
            assert (await told(path, accept)).json["code"] == "service.unavailable"
