"""The client of Valkey under a crowd."""

import asyncio

from jangteo.kit.valkey import open_valkey


async def test_a_crowd_that_asks_at_once_is_answered_to_the_last(servers):
    async with open_valkey(servers.environment("cart")["JANGTEO_VALKEY_URL"]) as valkey:
        await valkey.set("crowd", "1")
        answers = await asyncio.gather(*(valkey.get("crowd") for _ in range(500)))
    assert answers == [b"1"] * 500
