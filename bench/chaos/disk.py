"""A slow disk, as far as that can be had without being root.

PostgreSQL waits before each flush of its log (`commit_delay`, with no siblings needed), as it does on a disk whose
flushes are slow; meanwhile a file on the same file system is written and flushed without a pause, so that the flushes
of NATS, Valkey, the document server and the sandboxes stand in a queue with it. Reads are not slow, no write fails,
and nothing is torn: that would need a device of our own below the file system.
"""

import asyncio
import os
import time
from pathlib import Path

import asyncpg

from bench.chaos.world import World
from jangteo.stack.environment import role_of
from jangteo.stack.ports import HOST

_CHUNK, _MOST = bytes(1 << 20), 64 << 20
_TRIES = 60
# Others use this machine too: a hundred flushes a second are enough of a queue.
_BETWEEN_SECONDS = 0.01


async def slow(world: World, seconds: float, delay: float) -> str:
    """Make the disk slow for `seconds`: `delay` seconds more for each of PostgreSQL's flushes."""
    await _set(world, f"'{int(delay * 1_000_000)}'")
    try:
        written = await asyncio.to_thread(_write, world.home / "filler", seconds)
    finally:
        await _set(world, "DEFAULT")
    return f"{written >> 20} MiB beside it"


def _write(file: Path, seconds: float) -> int:
    deadline, written = time.monotonic() + seconds, 0
    with file.open("wb") as out:
        while time.monotonic() < deadline:
            out.write(_CHUNK)
            out.flush()
            os.fsync(out.fileno())
            written += len(_CHUNK)
            if written % _MOST == 0:
                out.seek(0)
            time.sleep(_BETWEEN_SECONDS)
    file.unlink()
    return written


async def _set(world: World, value: str) -> None:
    """Set the delay, again where PostgreSQL is away just now."""
    site = world.mall.site
    password = site.credentials.password("postgres.postgres")
    url = f"postgresql://postgres:{password}@{HOST}:{site.ports['postgres']}/{role_of('order')}"
    for _ in range(_TRIES):
        try:
            connection = await asyncpg.connect(url, timeout=5)
            try:
                siblings = "DEFAULT" if value == "DEFAULT" else "0"
                await connection.execute(f"ALTER SYSTEM SET commit_delay = {value}")
                await connection.execute(f"ALTER SYSTEM SET commit_siblings = {siblings}")
                await connection.execute("SELECT pg_reload_conf()")
                return
            finally:
                await connection.close()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.5)
    raise AssertionError("PostgreSQL could not be told of its disk")
