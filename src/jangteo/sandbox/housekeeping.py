"""Work that goes on beside the requests of a provider: it starts with the process and is ended with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

log = logging.getLogger(__name__)


@asynccontextmanager
async def alongside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs, then cancel it and wait for its end; one that fails before is logged."""
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("work beside the requests has ended", exc_info=error)


async def every(seconds: float, action: Callable[[], object]) -> None:
    """Call `action` now and then again each `seconds`; a failure is logged and does not end it."""
    while True:
        try:
            action()
        except Exception:
            log.exception("housekeeping failed, trying again in %s s", seconds)
        await asyncio.sleep(seconds)
