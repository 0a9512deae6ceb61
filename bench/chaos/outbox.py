"""A full outbox: the broker is kept down while buyers go on ordering, then everything that waited must go out."""

import asyncio
import time

from bench.chaos.world import World
from bench.oracle.stores import Stores

_LOOK_SECONDS = 1.0
_DRAINED_SECONDS = 60.0
# Rows younger than this are today's traffic: published already, or about to be.
_OLD = "created_at < now() - interval '8 seconds'"


async def fill(world: World, seconds: float) -> str:
    """Keep the broker down for `seconds`; return when what waited has gone. Raises AssertionError where it does not."""
    await asyncio.to_thread(world.mall.stop, "nats")
    most, until = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            await asyncio.sleep(min(_LOOK_SECONDS, max(0.0, until - time.monotonic())))
            most = max(most, await _waiting(world, "true"))
    finally:
        await asyncio.to_thread(world.mall.start, "nats")
    began = time.monotonic()
    while left := await _waiting(world, _OLD):
        if time.monotonic() - began > _DRAINED_SECONDS:
            raise AssertionError(f"{left} messages are still in the outboxes {_DRAINED_SECONDS:.0f} s later")
        await asyncio.sleep(0.2)
    return f"{most} messages waited, gone after {time.monotonic() - began:.1f} s"


async def _waiting(world: World, condition: str) -> int:
    stores = Stores(world.mall)
    counts = [await stores.rows(name, f"SELECT count(*) FROM outbox WHERE {condition}") for name in world.outboxes()]
    return sum(int(rows[0][0]) for rows in counts)
