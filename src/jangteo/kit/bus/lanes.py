"""Runs the handlers of one group: in order within a key, side by side across keys, whatever the broker.

accept -> [lane of its key] -> slot -> handler --returns------> ack
               ^                          |----Unavailable----> pause, then again (the lane waits)
               |                          `----anything else--> park
               `---- the next message of the key
"""

import asyncio
import logging
from collections import deque
from typing import Generic, Protocol, TypeVar

from jangteo.kit.bus.backoff import pause
from jangteo.kit.bus.interface import Delivery, Handler
from jangteo.kit.errors import Unavailable
from jangteo.kit.telemetry import metrics

log = logging.getLogger(__name__)


class Held(Delivery, Protocol):
    """A delivery that this process answers for; it counts its own tries."""

    tries: int


D = TypeVar("D", bound=Held)
D_contra = TypeVar("D_contra", bound=Held, contravariant=True)


class Settler(Protocol[D_contra]):
    """How an adapter tells its broker what became of a message."""

    async def ack(self, delivery: D_contra) -> None:
        """The message is done; never raises."""

    async def give_back(self, delivery: D_contra) -> None:
        """The message goes to another process; never raises."""

    async def park(self, delivery: D_contra, error: Exception) -> None:
        """Keep the message in the dead-letter queue, then ack it; raises `Unavailable`."""

    async def stalled(self) -> None:
        """A lane waits out a pause: others may be fetched in its place."""


class Unanswered(Exception):
    """The processes that were handed this message died, or gave it back, too many times."""


class Lanes(Generic[D]):
    """The messages in this process's hands."""

    def __init__(
        self, group: str, handler: Handler, settler: Settler[D], *, concurrency: int, max_attempts: int
    ) -> None:
        self._group = group
        self._handler = handler
        self._settler = settler
        self._max_attempts = max_attempts
        self._slots = asyncio.Semaphore(concurrency)
        self._lanes: dict[str, deque[D]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._paused: set[str] = set()

    @property
    def stalled(self) -> int:
        """Messages that wait for a pause to end, their followers included."""
        return sum(len(self._lanes[key]) for key in self._paused) if self._paused else 0

    def accept(self, delivery: D) -> None:
        """Take a message in hand; it is settled later, in the order of its key."""
        key = delivery.key or delivery.id
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(delivery)
            return
        lane = self._lanes[key] = deque((delivery,))
        task = asyncio.get_running_loop().create_task(self._walk(key, lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, grace: float) -> None:
        """Let running handlers finish within `grace` seconds, give back the rest."""
        self._stopping.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(set(self._tasks), timeout=grace)
        for task in late:
            log.error("a handler of %s did not finish in %s s and is cut off", self._group, grace)
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _walk(self, key: str, lane: deque[D]) -> None:
        try:
            while lane:
                await self._settle(key, lane[0])
                lane.popleft()
        finally:
            del self._lanes[key]

    async def _settle(self, key: str, delivery: D) -> None:
        while True:
            async with self._slots:
                if self._stopping.is_set():
                    return await self._settler.give_back(delivery)
                failure = await self._attempt(delivery)
            if failure is None:
                return None
            delivery.tries += 1
            await self._rest(key, pause(delivery.tries))

    async def _attempt(self, delivery: D) -> Unavailable | None:
        """Return None once the message is settled, else what must be waited out."""
        try:
            if delivery.attempt - delivery.tries > self._max_attempts:
                await self._park(delivery, Unanswered(f"handed out {delivery.attempt - 1} times in vain"))
                return None
            await self._handler(delivery)
        except Unavailable as failure:
            metrics.messages(delivery.type, "retried").inc()
            log.warning("%s %s waits: %s", delivery.type, delivery.id, failure, extra={"attempt": delivery.attempt})
            return failure
        except Exception as error:
            try:
                await self._park(delivery, error)
            except Unavailable as failure:
                return failure
            return None
        await self._settler.ack(delivery)
        metrics.messages(delivery.type, "handled").inc()
        return None

    async def _park(self, delivery: D, error: Exception) -> None:
        log.error(
            "%s %s is parked for %s: %s",
            delivery.type,
            delivery.id,
            self._group,
            error,
            exc_info=error,
            extra={"group": self._group, "message_id": delivery.id, "attempt": delivery.attempt},
        )
        await self._settler.park(delivery, error)
        metrics.messages(delivery.type, "parked").inc()

    async def _rest(self, key: str, seconds: float) -> None:
        self._paused.add(key)
        try:
            await self._settler.stalled()
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._paused.discard(key)
