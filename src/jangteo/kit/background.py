"""Work that goes on beside a service's requests: it begins with the block that wants it, and has ended after it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol


class Worker(Protocol):
    """What goes on by itself between its start and its stop."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """Finish what is in hand, and end."""


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """Let `worker` go on while the block runs; what it has in hand then is finished."""
    await worker.start()
    try:
        yield
    finally:
        await worker.stop()


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Let `work` go on, as a task called `name`, while the block runs; it is cancelled in the middle then.

    Raises at the end what `work` has raised.
    """
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
