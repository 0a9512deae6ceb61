"""Messages in: what the service has asked of itself, to be done where nobody waits for it."""

from collections.abc import Mapping

from jangteo.contracts.user import LinkAsked
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.user.commands.links import Links


def handlers(links: Links) -> Mapping[type[Message], Handler]:
    """Return the handler of every message that this service hears."""

    async def on_link_asked(message: LinkAsked, transaction: Transaction) -> None:
        await links.answer(transaction, message.request_id)

    return {LinkAsked: on_link_asked}
