"""What the gateway remembers of keys and tokens: neither a rotation nor clocks that differ let it believe too much."""

import asyncio
import time

from jangteo.gateway.envoy.listeners import CLOCK_SKEW_SECONDS


async def status(mall, token):
    return (await mall.get("/v1/orders", headers={"Authorization": f"Bearer {token}"})).status


async def test_keys_are_fetched_by_the_clock_and_not_by_requests(mall, eventually):
    user = mall.upstreams["user"]
    before, began = user.asked_keys, time.monotonic()
    for number in range(100):
        assert await status(mall, mall.keys.token(jti=f"cached-{number}")) == 200
    # Each worker of Envoy shares one fetch; no more than what falls into this time, retries included.
    refreshes = (time.monotonic() - began) / mall.settings.keys_refresh_seconds
    assert user.asked_keys - before <= 2 * refreshes + 5
    # And it goes on by itself while nobody asks for anything.
    seen = user.asked_keys

    async def refreshed():
        return user.asked_keys > seen

    await eventually(refreshed, 40)


async def test_a_token_of_a_withdrawn_key_that_the_gateway_never_met_is_refused_at_once_it_knows(mall, eventually):
    """One that it remembers may pass it until its end: Envoy keeps verdicts over a new key set. Services refuse it."""
    mall.keys.add("k-withdrawn")
    numbers = iter(range(10_000))
    unmet = [mall.keys.token("k-withdrawn", jti=f"unmet-{number}") for number in range(400)]

    async def believed():
        return await status(mall, unmet[next(numbers)]) == 200

    async def refused():
        return await status(mall, unmet[next(numbers)]) == 401

    await eventually(believed, 40)
    del mall.keys.private["k-withdrawn"]
    await eventually(refused, 40)


async def test_two_keys_hold_side_by_side_while_one_takes_over(mall, eventually):
    mall.keys.add("k-next")

    async def both():
        return [await status(mall, mall.keys.token(kid)) for kid in ("k1", "k-next")] == [200, 200]

    await eventually(both, 40)
    # From here on no request may fail, whichever worker and whichever key it meets.
    tokens = [mall.keys.token(kid, jti=f"{kid}-{number}") for number in range(40) for kid in ("k1", "k-next")]
    assert set(await asyncio.gather(*(status(mall, token) for token in tokens))) == {200}
    del mall.keys.private["k-next"]


async def test_clocks_may_differ_by_a_minute_and_no_more(mall):
    now = int(time.time())
    skew = CLOCK_SKEW_SECONDS
    for claims, wanted in (
        ({"exp": now - skew + 15}, 200),
        ({"exp": now - skew - 15}, 401),
        ({"nbf": now + skew - 15}, 200),
        ({"nbf": now + skew + 15}, 401),
    ):
        assert await status(mall, mall.keys.token(jti=str(claims), **claims)) == wanted, claims


async def test_a_remembered_token_ends_with_its_time(mall, eventually):
    token = mall.keys.token(exp=int(time.time()) - CLOCK_SKEW_SECONDS + 12)
    assert [await status(mall, token) for _ in range(20)] == [200] * 20

    async def over():
        return await status(mall, token) == 401

    await eventually(over, 40)
