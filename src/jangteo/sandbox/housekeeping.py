"""Work that goes on beside the requests of a provider: it starts with the process and is ended with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

log = logging.getLogger(__name__)


@asynccontextmanager
async def alongside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs, then cancel it and wait for its end."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, action: Callable[[], object]) -> None:
    """Call `action` now and then again each `seconds`; a failure is logged and does not end it."""
    while True:
        try:
            action()
        except Exception:
            log.exception("housekeeping failed, trying again in %s s", seconds)
        await asyncio.sleep(seconds)
