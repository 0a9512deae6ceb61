"""Messages in: each is one step of the saga, decided by the table of reactions."""

import logging
from typing import Any

from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.order.domain.reactions import RULES, react
from jangteo.order.store import Orders

log = logging.getLogger(__name__)


def handlers(orders: Orders) -> dict[type[Message], Handler]:
    """Return the handler of every message that the saga waits for."""

    async def on_message(message: Any, transaction: Transaction) -> None:
        story = await orders.load(transaction, message.order_id)
        events = react(story.order, message)
        if not events:
            log.info("%s is late: order %s is %s", message.type, story.order.id, story.order.state)
            return
        actor = message.type.partition(".")[0]
        await orders.save(transaction, story.order.id, story, events, actor=actor, at=transaction.clock.now())

    return dict.fromkeys(RULES, on_message)
