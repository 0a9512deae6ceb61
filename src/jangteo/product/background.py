"""What the service does by the clock: holds that ran out are given back, changes that were not told are told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from jangteo.kit.background import alongside
from jangteo.kit.errors import Unavailable

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[int]]


@asynccontextmanager
async def repeated(name: str, seconds: float, work: Work) -> AsyncIterator[None]:
    """Do `work` every so many `seconds` while the block runs; at once again where it had something to do."""

    async def go_on() -> None:
        while True:
            done = 0
            try:
                done = await work()
            except Unavailable as error:
                log.warning("%s waits: %s", name, error)
            except Exception:
                log.exception("%s failed", name)
            if not done:
                await asyncio.sleep(seconds)

    async with alongside(go_on(), name):
        yield
