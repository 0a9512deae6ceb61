"""Keeps the stream from filling the disk: what every group has done with may go before it is old.

Age alone does not bound the stream: a server whose storage is full refuses every message. Nothing that any
group still has to handle is ever removed here.
"""

import asyncio
import logging
import random

from nats.js import JetStreamContext

from jangteo.kit.bus.interface import BrokerUnavailable
from jangteo.kit.bus.nats.link import TROUBLE, Link
from jangteo.kit.bus.nats.streams import StreamSettings

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 60.0


class Janitor:
    """Looks at the size of the stream now and then; every process has one, so that one always lives."""

    def __init__(self, link: Link, settings: StreamSettings) -> None:
        self._link = link
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="janitor")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def trim(self) -> int:
        """Remove what all groups have handled if the stream is too large; return the bytes left.

        Raises `Unavailable` when the server does not answer.
        """
        client = await self._link.client(wait=0)
        try:
            return await self._trim(client.jetstream())
        except TROUBLE as error:
            raise BrokerUnavailable(reason=str(error)) from error

    async def _trim(self, js: JetStreamContext) -> int:
        name = self._settings.stream
        state = (await js.stream_info(name)).state
        if state.bytes <= self._settings.trim_gib * 2**30:
            return state.bytes
        done = state.last_seq
        for group in await js.consumers_info(name):
            # A group without work has done with everything, however long ago a message was last for it.
            if (group.num_pending or group.num_ack_pending) and group.ack_floor is not None:
                done = min(done, group.ack_floor.stream_seq)
        if done < state.first_seq:
            log.warning("the stream %s holds %d bytes that some group has yet to handle", name, state.bytes)
            return state.bytes
        await js.purge_stream(name, seq=done + 1)
        left = (await js.stream_info(name)).state.bytes
        log.info("the stream %s was trimmed from %d to %d bytes", name, state.bytes, left)
        return left

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - not all at once
            try:
                await self.trim()
            except BrokerUnavailable:
                continue
