"""Lets requests of this process wait for changes of orders, whichever process makes them.

Changes made here are told at once, with the new view; those made by other processes are heard of on the bus.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from jangteo.contracts import order as told
from jangteo.kit.bus import Bus, Delivery, Subscription
from jangteo.order.story import View

_CHANGES = (
    told.OrderRejected,
    told.OrderPaymentFailed,
    told.OrderPaid,
    told.OrderShipped,
    told.OrderDelivered,
    told.OrderCancelled,
    told.OrderRefunded,
)

REMEMBERED = 200


class Watcher:
    """One request's wait for one order."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._latest: View | None = None
        self._elsewhere = False

    def wake(self, view: View | None) -> None:
        """Tell of a change; its view where this process made it."""
        self._latest, self._elsewhere = view or self._latest, self._elsewhere or view is None
        self._woken.set()

    async def wait(self, seconds: float) -> View | None:
        """Return the newest view, or None where it has to be read, which is so after `seconds` at the latest."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return None
        self._woken.clear()
        latest = None if self._elsewhere else self._latest
        self._latest, self._elsewhere = None, False
        return latest


class Watch:
    """Who waits for which order in this process, and what was changed here last."""

    def __init__(self) -> None:
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._recent: dict[UUID, View] = {}

    def recent(self, order_id: UUID) -> View | None:
        """Return an order that this process changed a moment ago: whoever placed it need not read it again."""
        return self._recent.get(order_id)

    @asynccontextmanager
    async def of(self, order_id: UUID) -> AsyncIterator[Watcher]:
        """Watch an order inside `async with`."""
        watcher = Watcher()
        self._watchers.setdefault(order_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            watchers = self._watchers[order_id]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[order_id]

    def changed(self, view: View) -> None:
        """Tell of a change that this process made."""
        self._recent[view.order_id] = view
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        for watcher in self._watchers.get(view.order_id, ()):
            watcher.wake(view)

    async def listen(self, bus: Bus) -> Subscription:
        """Hear of the changes that other processes make."""
        return await bus.listen([cls.type for cls in _CHANGES], self._heard, on_reconnect=self._may_have_missed)

    async def _heard(self, delivery: Delivery) -> None:
        order_id = UUID(delivery.key)
        # It may have been another process: what is remembered here is then old.
        self._recent.pop(order_id, None)
        for watcher in self._watchers.get(order_id, ()):
            watcher.wake(None)

    async def _may_have_missed(self) -> None:
        self._recent.clear()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.wake(None)
