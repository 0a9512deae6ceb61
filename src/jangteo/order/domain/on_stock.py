"""What the product service's words about stock do to an order; None where they contradict it."""

from jangteo.contracts.product import GoodsRestocked, StockRefused, StockReserved
from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.messages import Message
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason, ended
from jangteo.order.domain.order import Order
from jangteo.order.domain.refund import find


def hold(_: Order, message: StockReserved) -> list[DomainEvent]:
    """Note that the stock is set aside."""
    return [happened.StockHeld(expires_at=message.expires_at)]


def reject(_: Order, message: StockRefused) -> list[DomainEvent]:
    """End the order: there is not enough of something."""
    skus = tuple(shortage.sku for shortage in message.shortages)
    reason = Reason.STOCK_INSUFFICIENT if skus else Reason.STOCK_REFUSED
    return [happened.Rejected(reason=reason, skus=skus)]


def return_stray(_: Order, __: Message) -> list[DomainEvent]:
    """Give back what a repeated request set aside after the first one had been refused."""
    return [happened.StrayStockReturned()]


def give_up_expired(_: Order, __: Message) -> list[DomainEvent]:
    """Cancel: nothing is set aside any more."""
    return [happened.CancellationStarted(reason=Reason.RESERVATION_EXPIRED)]


def sell(order: Order, _: Message) -> list[DomainEvent]:
    """Note, once, that the stock is sold."""
    return [] if order.sold else [happened.StockSold()]


def fail_sale(order: Order, _: Message) -> list[DomainEvent] | None:
    """Cancel a paid order, money back: its hold had run out and the stock is gone."""
    return None if order.sold else [happened.CancellationStarted(reason=Reason.STOCK_INSUFFICIENT)]


def take_back(order: Order, _: Message) -> list[DomainEvent] | None:
    """Note that nothing is held; with the money back as well, that is the end."""
    if order.awaits_shipment_answer:
        return None
    return [] if order.stock_returned else ended(order, [happened.StockReturned()])


def restock(order: Order, message: GoodsRestocked) -> list[DomainEvent] | None:
    """Note, once, that the goods of a refund can be sold again."""
    known = find(order.refunds, message.return_id)
    if known is None or not known.restock:
        return None
    return [] if known.restocked else [happened.GoodsRestocked(refund_id=message.return_id)]
