"""Broadcast: every process hears every message of a type, live, and is told when it may have missed some."""

import contextlib
import logging
from collections.abc import Sequence

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

from jangteo.kit.bus.interface import Handler, Notice
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.streams import StreamSettings

log = logging.getLogger(__name__)


class Heard:
    """A message that was overheard; nobody waits for an answer."""

    __slots__ = ("attempt", "body", "id", "key", "type")

    def __init__(self, msg: Msg, message_type: str) -> None:
        headers = msg.headers or {}
        self.id = headers.get("Nats-Msg-Id", "")
        self.key = headers.get("Key", "")
        self.type = message_type
        self.body = msg.data
        self.attempt = 1


class Listener:
    """Plain subscriptions beside the stream, made again on every connection; a `Subscription`."""

    def __init__(
        self,
        link: Link,
        settings: StreamSettings,
        types: Sequence[str],
        handler: Handler,
        on_reconnect: Notice | None,
    ) -> None:
        self._link = link
        self._types = {settings.subject(kind): kind for kind in types}
        self._handler = handler
        self._on_reconnect = on_reconnect
        self._first: Client | None = None
        self._subscriptions: list[NatsSubscription] = []

    async def start(self) -> None:
        """Listen from now on, or from the first connection on."""
        self._first = self._link.current
        await self._link.join(self._again)

    async def stop(self) -> None:
        """Listen no more."""
        self._link.off_up(self._again)
        for subscription in self._subscriptions:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()
        self._subscriptions = []

    async def _again(self, client: Client) -> None:
        await self._subscribe(client)
        if self._on_reconnect is not None and client is not self._first:
            try:
                await self._on_reconnect()
            except Exception:
                log.exception("a listener failed to start over after a gap")

    async def _subscribe(self, client: Client) -> None:
        self._subscriptions = [await client.subscribe(subject, cb=self._on_message) for subject in sorted(self._types)]
        # Once the server has answered, nothing published from here on is missed.
        await self._link.settle(client)

    async def _on_message(self, msg: Msg) -> None:
        try:
            await self._handler(Heard(msg, self._types[msg.subject]))
        except Exception:
            log.exception("a listener failed on %s", msg.subject)
