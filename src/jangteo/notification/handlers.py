"""Events in: each becomes a notice, once, and the sender is woken."""

from collections.abc import Callable, Mapping

from jangteo.contracts.order import OrderMessage
from jangteo.contracts.user import UserRegistered
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.notification import store
from jangteo.notification.domain import TEMPLATES, notice_of


def handlers(wake: Callable[[], None]) -> Mapping[type[Message], Handler]:
    """Return the handler of every event that somebody is told of; `wake` runs after each commit."""

    async def on_event(message: OrderMessage | UserRegistered, transaction: Transaction) -> None:
        await store.add(transaction, notice_of(message, transaction.clock.now()))
        transaction.after_commit(wake)

    return dict.fromkeys(TEMPLATES, on_event)
