"""The saga: what an order asks of the other services while it waits, and what it tells the world.

`awaiting` is the whole plan, every step with its compensation beside it. A command is sent when it begins to be
awaited and sent again, unchanged, when its answer is late: receivers take a repeated command as one.

    placed        reserve_stock                       cancelling   (1) cancel_shipment, where one was asked for;
    reserved      authorise, once a card is chosen;                    refused -> the order goes on
                  and capture with it: -> paid                     (2) payment.cancel and release_stock, together
    authorised    capture, where it is to come later
    paid          commit_stock, then create_shipment
    from paid on  payment.refund for what staff give back, then restock_goods where the goods come back

The two of `paid` wait for one another: a sale can fail, and a parcel may be out before that is heard.
"""

from collections.abc import Sequence
from typing import Any

from jangteo.contracts import order as told
from jangteo.contracts.payment import AuthorisePayment, CancelPayment, CapturePayment, RefundPayment
from jangteo.contracts.product import CommitStock, ReleaseStock, ReserveStock, RestockGoods, StockLine
from jangteo.contracts.shipping import CancelShipment, CreateShipment, ShipmentLine
from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.messages import Message
from jangteo.order.domain import events as happened
from jangteo.order.domain.order import Order, Stage
from jangteo.order.domain.refund import RefundState
from jangteo.order.states import State

# What the provider and the payment's own page are told; staff's words stay sealed in the order.
REFUND_REASON = "staff.refund"


def awaiting(order: Order) -> list[Message]:
    """Return the commands whose answers the order waits for; empty where the next move is a person's, or none."""
    match order.state:
        case State.PLACED:
            return [_reserve(order)]
        case State.RESERVED:
            return _authorise(order)
        case State.AUTHORISED:
            return [CapturePayment(order_id=order.id, payment_id=order.attempts[-1].payment_id)]
        case State.PAID:
            return _fulfil(order) + _refund_parts(order)
        case State.SHIPPED | State.DELIVERED:
            return _refund_parts(order)
        case State.CANCELLING:
            return _give_back(order)
        case _:
            return []


def outgoing(before: Order | None, events: Sequence[DomainEvent], after: Order) -> list[Message]:
    """Return what is to be said because of `events`: news for everybody, and the commands newly awaited."""
    asked = awaiting(before) if before is not None else []
    news = [message for event in events for message in _news(event, after)]
    return news + [command for command in awaiting(after) if command not in asked]


def _reserve(order: Order) -> Message:
    lines = [StockLine(sku=line.sku, quantity=line.quantity) for line in order.placed.lines]
    return ReserveStock(order_id=order.id, lines=lines, expires_at=order.placed.hold_until)


def _authorise(order: Order) -> list[Message]:
    attempt = order.attempt
    if attempt is None or attempt.stage is not Stage.CHOSEN:
        return []
    return [
        AuthorisePayment(
            order_id=order.id,
            payment_id=attempt.payment_id,
            member_id=order.placed.member_id,
            order_number=order.placed.number,
            amount=order.placed.total,
            currency=order.placed.currency,
            provider=attempt.provider,
            method_token=attempt.token,
            capture=attempt.at_once,
        )
    ]


def _fulfil(order: Order) -> list[Message]:
    if not order.sold:
        return [CommitStock(order_id=order.id)]
    if order.shipment is not None:
        return []
    return [
        CreateShipment(
            order_id=order.id,
            order_number=order.placed.number,
            member_id=order.placed.member_id,
            lines=[ShipmentLine(sku=line.sku, quantity=line.quantity) for line in order.placed.lines],
            weight_grams=order.weight_grams,
        )
    ]


def _refund_parts(order: Order) -> list[Message]:
    commands: list[Message] = []
    for refund in order.refunds:
        if refund.state is RefundState.REQUESTED and refund.payment_id is not None and refund.by is not None:
            commands.append(
                RefundPayment(
                    order_id=order.id,
                    payment_id=refund.payment_id,
                    refund_id=refund.refund_id,
                    amount=refund.amount,
                    currency=order.placed.currency,
                    reason=REFUND_REASON,
                    requested_by=refund.by,
                )
            )
        elif refund.state is RefundState.SUCCEEDED and refund.restock and not refund.restocked and order.sold:
            lines = [StockLine(sku=line.sku, quantity=line.quantity) for line in refund.lines]
            commands.append(RestockGoods(order_id=order.id, return_id=refund.refund_id, lines=lines))
    return commands


def _give_back(order: Order) -> list[Message]:
    if order.awaits_shipment_answer:
        return [CancelShipment(order_id=order.id)]
    commands: list[Message] = []
    if order.attempts and not order.money_returned:
        commands.append(CancelPayment(order_id=order.id, reason=order.cancel_reason))
    if not order.stock_returned:
        commands.append(ReleaseStock(order_id=order.id))
    return commands


def _news(event: DomainEvent, order: Order) -> list[Message]:
    """Return what everybody may know of `event`; `order` is as it is after all events of the decision."""
    placed = order.placed
    names: dict[str, Any] = {"order_id": order.id, "order_number": placed.number, "member_id": placed.member_id}
    sums: dict[str, Any] = {"total": placed.total, "currency": placed.currency, "lines": _lines(order)}
    match event:
        case happened.OrderPlaced():
            return [told.OrderPlaced(**names, **sums)]
        case happened.Rejected(reason=reason, skus=skus):
            return [told.OrderRejected(**names, reason=reason, skus=list(skus))]
        case happened.StrayStockReturned():
            return [ReleaseStock(order_id=order.id)]
        case happened.PaymentDeclined(reason=reason):
            return [told.OrderPaymentFailed(**names, reason=reason, retry_until=placed.pay_until)]
        case happened.PaymentCaptured():
            return [told.OrderPaid(**names, **sums, cart_id=placed.cart_id)]
        case happened.Shipped(carrier=carrier, tracking_number=number):
            return [told.OrderShipped(**names, carrier=carrier, tracking_number=number)]
        case happened.Delivered():
            return [told.OrderDelivered(**names, lines=sums["lines"])]
        case happened.Cancelled(reason=reason, refunded=refunded):
            return [told.OrderCancelled(**names, reason=reason, refunded=refunded, currency=placed.currency)]
        case happened.Refunded() if order.state is not State.CANCELLING:
            # A refund of an order that is being given up is told with its end.
            return [_refund(event, names, placed.currency)]
        case _:
            return []


def _refund(event: happened.Refunded, names: dict[str, Any], currency: str) -> Message:
    return told.OrderRefunded(**names, amount=event.amount, refunded_in_all=event.refunded_in_all, currency=currency)


def _lines(order: Order) -> list[told.OrderLine]:
    return [told.OrderLine(sku=line.sku, quantity=line.quantity) for line in order.placed.lines]
