"""Messages in: each is one step of the saga, decided by the table of reactions."""

import logging
from contextlib import suppress
from typing import Any

from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.inbox import AtOnce, Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.order.domain.reactions import RULES, UnexpectedMessage, react
from jangteo.order.store import Orders
from jangteo.order.story import Story

log = logging.getLogger(__name__)


def handlers(orders: Orders) -> dict[type[Message], Handler]:
    """Return the handler of every message that the saga waits for."""

    async def on_message(message: Any, transaction: Transaction) -> None:
        story, events = await _reaction(orders, transaction, message)
        if not events:
            log.info("%s is late: order %s is %s", message.type, story.order.id, story.order.state)
            return
        actor = message.type.partition(".")[0]
        await orders.save(transaction, story.order.id, story, events, actor=actor, at=transaction.clock.now())

    return dict.fromkeys(RULES, AtOnce(on_message))


async def _reaction(orders: Orders, transaction: Transaction, message: Any) -> tuple[Story, list[DomainEvent]]:
    """Return the order and what `message` makes happen to it. Raises UnexpectedMessage.

    A remembered order may be behind; that something follows is checked as it is saved, that nothing does is not.
    """
    remembered = orders.recall(transaction.tenant, message.order_id)
    if remembered is not None:
        with suppress(UnexpectedMessage):
            if events := react(remembered.order, message):
                return remembered, events
    story = await orders.load(transaction, message.order_id)
    return story, react(story.order, message)
