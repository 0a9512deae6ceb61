"""Messages in: what the service has asked of itself where nobody should wait, and what members bought."""

from collections.abc import Mapping

from jangteo.contracts.order import OrderCancelled, OrderPaid, OrderRefunded
from jangteo.contracts.user import LinkAsked
from jangteo.kit.inbox import AtOnce, Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.user.commands.links import Links
from jangteo.user.grades import Grades


def handlers(links: Links, grades: Grades) -> Mapping[type[Message], Handler]:
    """Return the handler of every message that this service hears."""

    async def on_link_asked(message: LinkAsked, transaction: Transaction) -> None:
        await links.answer(transaction, message.request_id)

    async def on_order_paid(message: OrderPaid, transaction: Transaction) -> None:
        await grades.note(transaction, message.order_id, message.member_id, paid=message.total)

    async def on_order_refunded(message: OrderRefunded, transaction: Transaction) -> None:
        await grades.note(transaction, message.order_id, message.member_id, refunded=message.refunded_in_all)

    async def on_order_cancelled(message: OrderCancelled, transaction: Transaction) -> None:
        await grades.note(transaction, message.order_id, message.member_id, refunded=message.refunded)

    return {
        LinkAsked: on_link_asked,
        OrderPaid: AtOnce(on_order_paid),
        OrderRefunded: AtOnce(on_order_refunded),
        OrderCancelled: AtOnce(on_order_cancelled),
    }
