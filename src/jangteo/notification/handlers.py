"""Events in: each becomes a notice, once, and goes straight to the sender when it is committed."""

from collections.abc import Mapping
from functools import partial

from jangteo.contracts.order import OrderMessage
from jangteo.contracts.user import MailRequested, UserRegistered
from jangteo.kit.inbox import AtOnce, Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.notification import store
from jangteo.notification.domain import TEMPLATES, notice_of
from jangteo.notification.sender import Sender


def handlers(sender: Sender) -> Mapping[type[Message], Handler]:
    """Return the handler of every event that somebody is told of, by `sender`."""

    async def on_event(message: OrderMessage | UserRegistered | MailRequested, transaction: Transaction) -> None:
        now = transaction.clock.now()
        until = sender.lease(now)
        due = await store.add(transaction, notice_of(message, now), until)
        if due is None:
            return
        if until is None:
            transaction.after_commit(sender.wake)
        else:
            transaction.after_commit(partial(sender.take, due))

    return dict.fromkeys([*TEMPLATES, MailRequested], AtOnce(on_event))
