"""Events in: what was paid for leaves the cart."""

from jangteo.cart.commands import Shopping
from jangteo.contracts.order import OrderPaid
from jangteo.kit.inbox import PlainHandler, Source
from jangteo.kit.messages import Message


def handlers(shopping: Shopping) -> dict[type[Message], PlainHandler]:
    """Return what is done on which message."""

    async def on_order_paid(message: OrderPaid, source: Source) -> None:
        # What was bought at once, past the cart, leaves it alone.
        if message.cart_id is not None:
            await shopping.take_ordered(source.tenant, message.member_id, message.order_id, message.lines)

    return {OrderPaid: on_order_paid}
