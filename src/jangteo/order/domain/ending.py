"""How an order comes to a premature end: the reasons there are, and when everything is given back."""

from enum import StrEnum

from jangteo.kit.eventstore import DomainEvent
from jangteo.order.domain import events as happened
from jangteo.order.domain.order import Order, evolve


class Reason(StrEnum):
    """Why an order was rejected or cancelled: the stable code that other services and clients are told."""

    BUYER = "buyer.cancelled"
    STAFF = "staff.cancelled"
    PAYMENT_EXPIRED = "payment.expired"
    AMOUNT_MISMATCH = "payment.amount_mismatch"
    CAPTURE_FAILED = "payment.capture_failed"
    FULLY_REFUNDED = "payment.refunded"
    STOCK_INSUFFICIENT = "stock.insufficient"
    STOCK_REFUSED = "stock.refused"
    RESERVATION_EXPIRED = "stock.reservation_expired"
    SHIPMENT_CANCELLED = "shipping.cancelled"


def ended(order: Order, events: list[DomainEvent]) -> list[DomainEvent]:
    """Return `events`, and the end of the order where with them nothing is left to give back."""
    after = order
    for event in events:
        after = evolve(after, order.id, event)
    if after.stock_returned and (after.money_returned or not after.attempts):
        return [*events, happened.Cancelled(reason=after.cancel_reason, refunded=after.refunded)]
    return events
