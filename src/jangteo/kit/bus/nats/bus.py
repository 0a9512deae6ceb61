"""The NATS side of the bus: puts link, publisher, consumers, listeners and parking together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

import nats.errors
from nats.aio.client import Client

from jangteo.kit.bus.interface import BrokerUnavailable, Choice, Handler, Notice, Outgoing, Parked, Queue, Subscription
from jangteo.kit.bus.nats.consumer import Consumer
from jangteo.kit.bus.nats.janitor import Janitor
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.listener import Listener
from jangteo.kit.bus.nats.parking import Parking
from jangteo.kit.bus.nats.publisher import Publisher
from jangteo.kit.bus.nats.queues import queues
from jangteo.kit.bus.nats.streams import StreamSettings, ensure_streams, read_url
from jangteo.kit.telemetry import metrics


class NatsBus:
    """A `Bus` over JetStream."""

    def __init__(self, settings: StreamSettings, name: str, redelivery: float) -> None:
        self._settings = settings
        self._redelivery = redelivery
        self._link = Link(settings.servers, name)
        self._link.on_up(self._ensure_streams)
        self._publisher = Publisher(self._link)
        self._parking = Parking(self._link, settings, self._publisher)
        self._janitor = Janitor(self._link, settings)
        self._subjects: dict[str, str] = {}
        self._consumers: dict[str, Consumer] = {}
        self._listeners: list[Listener] = []

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        name: str,
        redelivery: float,
        wait: float,
        on_disconnect: Callable[[], None] | None,
    ) -> Self:
        """Connect, waiting `wait` seconds at most before going on in the background."""
        bus = cls(read_url(url), name, redelivery)
        if on_disconnect is not None:
            bus._link.on_down(on_disconnect)
        await bus._link.start(wait)
        bus._janitor.start()
        return bus

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `Bus.publish`."""
        if not messages:
            return
        await self._publisher.publish(
            [(self._subject(m.type), m, {"Nats-Msg-Id": m.id, "Key": m.key}) for m in messages]
        )
        for message in messages:
            metrics.messages(message.type, "published").inc()

    async def consume(
        self,
        group: str,
        types: Sequence[str],
        handler: Handler,
        *,
        concurrency: int = 16,
        max_attempts: int = 16,
    ) -> Subscription:
        """See `Bus.consume`. Raises ValueError when this process consumes for the group already."""
        if group in self._consumers:
            raise ValueError(f"this process consumes for the group {group!r} already")
        if not types or concurrency < 1:
            raise ValueError("consume needs at least one type and one handler at a time")
        self._settings.parking_subject(group)
        consumer = Consumer(
            self._link,
            self._settings,
            self._parking,
            group,
            types,
            handler,
            concurrency=concurrency,
            max_attempts=max_attempts,
            redelivery=self._redelivery,
        )
        await consumer.start()
        self._consumers[group] = consumer
        return _Leaving(consumer, self._consumers, group)

    async def listen(
        self, types: Sequence[str], handler: Handler, *, on_reconnect: Notice | None = None
    ) -> Subscription:
        """See `Bus.listen`."""
        listener = Listener(self._link, self._settings, types, handler, on_reconnect)
        await listener.start()
        self._listeners.append(listener)
        return listener

    async def queues(self) -> list[Queue]:
        """See `Bus.queues`."""
        return await queues(self._link, self._settings)

    async def parked(self, group: str, limit: int = 100, only: Choice | None = None) -> list[Parked]:
        """See `Bus.parked`."""
        return await self._parking.parked(group, limit, only)

    async def replay(self, group: str, ids: Sequence[str] | None = None) -> int:
        """See `Bus.replay`."""
        return await self._parking.replay(group, ids)

    async def discard(self, group: str, ids: Sequence[str]) -> int:
        """See `Bus.discard`."""
        return await self._parking.discard(group, ids)

    async def check(self) -> None:
        """See `Bus.check`."""
        client = await self._link.client(wait=0.5)
        try:
            await client.jetstream(timeout=2).stream_info(self._settings.stream)
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(reason=str(error)) from error

    async def close(self) -> None:
        """See `Bus.close`."""
        await self._janitor.stop()
        running: list[Subscription] = [*self._listeners, *self._consumers.values()]
        await asyncio.gather(*(each.stop() for each in running))
        await self._link.close()

    def _subject(self, message_type: str) -> str:
        subject = self._subjects.get(message_type)
        if subject is None:
            subject = self._subjects[message_type] = self._settings.subject(message_type)
        return subject

    async def _ensure_streams(self, client: Client) -> None:
        await ensure_streams(client.jetstream(), self._settings)


class _Leaving:
    """A consumer whose group may be consumed again once it has stopped."""

    def __init__(self, consumer: Consumer, consumers: dict[str, Consumer], group: str) -> None:
        self._consumer = consumer
        self._consumers = consumers
        self._group = group

    async def stop(self) -> None:
        """See `Subscription.stop`."""
        await self._consumer.stop()
        self._consumers.pop(self._group, None)
