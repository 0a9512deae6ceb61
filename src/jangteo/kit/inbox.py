"""The inbox: a message takes effect once, however often it comes.

The id of a message is recorded in the transaction of its effect, and the broker is told only after the commit.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from jangteo.kit.bus import Bus, Delivery, Subscription
from jangteo.kit.bus.interface import Notice
from jangteo.kit.ids import before_all_of
from jangteo.kit.messages import Envelope, Message, open_data, open_envelope
from jangteo.kit.postgres import Database, Receipt, Transaction
from jangteo.kit.pruning import Retention
from jangteo.kit.receiving import receiving
from jangteo.kit.telemetry import traces

log = logging.getLogger(__name__)

MessageT = TypeVar("MessageT", bound=Message)
Handler = Callable[[Any, Transaction], Awaitable[None]]


class Source(NamedTuple):
    """Where a message comes from."""

    tenant: str
    id: UUID


class AtOnce:
    """A handler whose effect is, as a rule, the one statement that it gives to `Transaction.execute_last`.

    It is called for a message that comes again, too, and stopped at its first statement: it must do nothing but
    think before.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, message: Any, transaction: Transaction) -> None:
        """Do what the handler does."""
        await self._handler(message, transaction)


PlainHandler = Callable[[Any, Source], Awaitable[None]]


def retention(days: float) -> Retention:
    """Return how long receipts are kept, counted from when the message was made, which its id tells.

    It must be longer than a message can come again: see `inbox_days` in jangteo.kit.settings.
    """
    return Retention("inbox", "message_id", timedelta(days=days), before_all_of)


async def subscribe(
    bus: Bus,
    database: Database,
    group: str,
    handlers: Mapping[type[Message], Handler],
    *,
    concurrency: int = 16,
) -> Subscription:
    """Consume the messages of `handlers` as `group`, each in one transaction with its inbox row.

    A handler gets the message and that transaction. Where it raises Unavailable the message comes again later;
    where it raises anything else the message is parked in the group's dead-letter queue.
    """

    async def take_effect(envelope: Envelope, message: Message, handler: Handler) -> None:
        receipt = Receipt(envelope.id, group)
        if isinstance(handler, AtOnce):
            async with receiving(database, envelope.tenant, receipt) as transaction:
                await handler(message, transaction)
            return
        async with database.transaction(envelope.tenant, receipt) as transaction:
            if not transaction.is_repeat:
                await handler(message, transaction)

    return await _consume(bus, group, handlers, take_effect, concurrency)


async def subscribe_plain(
    bus: Bus, group: str, handlers: Mapping[type[Message], PlainHandler], *, concurrency: int = 16
) -> Subscription:
    """Consume without an inbox, for a service without PostgreSQL: its handlers bear repetition by themselves."""

    async def take_effect(envelope: Envelope, message: Message, handler: PlainHandler) -> None:
        await handler(message, Source(envelope.tenant, envelope.id))

    return await _consume(bus, group, handlers, take_effect, concurrency)


async def listen(
    bus: Bus, handlers: Mapping[type[Message], PlainHandler], *, on_reconnect: Notice | None = None
) -> Subscription:
    """Hear every message of `handlers` published from now on, in this process, best effort and not durable.

    `on_reconnect` is called after a gap, in which messages may have been missed.
    """
    by_type = {cls.type: (cls, handler) for cls, handler in handlers.items()}

    async def hear(delivery: Delivery) -> None:
        envelope = open_envelope(delivery.body)
        cls, handler = by_type[envelope.type]
        await handler(open_data(envelope, cls), Source(envelope.tenant, envelope.id))

    return await bus.listen(list(by_type), hear, on_reconnect=on_reconnect)


async def _consume(
    bus: Bus,
    group: str,
    handlers: Mapping[type[Message], Any],
    take_effect: Callable[[Envelope, Message, Any], Awaitable[None]],
    concurrency: int,
) -> Subscription:
    by_type = {cls.type: (cls, handler) for cls, handler in handlers.items()}

    async def deliver(delivery: Delivery) -> None:
        envelope = open_envelope(delivery.body)
        cls, handler = by_type[envelope.type]
        with traces.message_span(f"{group} {envelope.type}", envelope.traceparent):
            await take_effect(envelope, open_data(envelope, cls), handler)

    return await bus.consume(group, list(by_type), deliver, concurrency=concurrency)
