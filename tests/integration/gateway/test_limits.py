"""Rate limits per client, and what a client is told when it is too fast."""

import asyncio

import pytest

from jangteo.gateway.limits import RATES
from jangteo.gateway.routes import Limit


async def send(mall, count, method, path, **more):
    """Call in parallel; return the answers."""
    return await asyncio.gather(*(mall.call(method, path, **more) for _ in range(count)))


async def test_log_ins_beyond_the_burst_are_429_with_when_to_come_again(opening, tmp_path):
    burst = RATES[Limit.LOGIN].burst
    async with opening(tmp_path, rate_limit_scale=1.0) as mall:
        told = await send(mall, burst + 5, "POST", "/v1/sessions", json={})
        assert sorted({one.status for one in told}) == [200, 429]
        assert sum(one.status == 200 for one in told) == burst
        refused = next(one for one in told if one.status == 429)
        assert refused.json["code"] == "rate.limited"
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["Retry-After"] == "5"
        assert refused.headers["X-RateLimit-Limit"] == str(burst)
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert len(mall.upstreams["user"].seen) == burst
        # Sign-up shares the bucket of log-in: both can be used to guess; the catalogue stays open.
        assert (await mall.call("POST", "/v1/members", json={})).status == 429
        assert (await mall.get("/v1/products")).status == 200
        assert (await mall.get("/v1/search")).status == 200


async def test_each_class_has_its_own_bucket_and_its_own_time_to_wait(opening, tmp_path):
    rates = {limit: rate.scaled(0.1) for limit, rate in RATES.items()}
    async with opening(tmp_path, rate_limit_scale=0.1) as mall:
        for path, limit in (("/v1/search", Limit.SEARCH), ("/v1/products", Limit.DEFAULT)):
            told = await send(mall, rates[limit].burst * 3, "GET", path)
            refused = [one for one in told if one.status == 429]
            assert refused
            assert {one.headers["Retry-After"] for one in refused} == {"1"}
            assert len(told) - len(refused) > rates[limit].burst / 2  # opening the mall took some


async def test_another_client_has_a_bucket_of_its_own(opening, tmp_path):
    burst = RATES[Limit.LOGIN].burst
    async with opening(tmp_path, rate_limit_scale=1.0, trusted_hops=1) as mall:

        async def log_in(address):
            told = await send(mall, burst + 1, "POST", "/v1/sessions", headers={"X-Forwarded-For": address})
            return sum(one.status == 200 for one in told)

        assert await log_in("203.0.113.7") == burst
        assert await log_in("203.0.113.8") == burst
        assert await log_in("2001:db8:1:1::1") == burst
        # Whoever has one IPv6 address has 2^64 of them.
        told = await mall.call("POST", "/v1/sessions", headers={"X-Forwarded-For": "2001:db8:1:1:ffff::2"})
        assert told.status == 429
        told = await mall.call("POST", "/v1/sessions", headers={"X-Forwarded-For": "2001:db8:1:2::1"})
        assert told.status == 200


async def test_a_client_cannot_get_a_new_bucket_by_naming_another_address(opening, tmp_path):
    async with opening(tmp_path, rate_limit_scale=1.0) as mall:
        await send(mall, RATES[Limit.LOGIN].burst, "POST", "/v1/sessions")
        told = await mall.call("POST", "/v1/sessions", headers={"X-Forwarded-For": "203.0.113.9"})
        assert told.status == 429


@pytest.mark.parametrize("count", [300])
async def test_scale_zero_switches_limits_off(mall, count):
    told = await send(mall, count, "POST", "/v1/sessions", json={})
    assert {one.status for one in told} == {200}
    assert "X-RateLimit-Limit" not in told[0].headers
