"""What each incoming message means in each state: one row per message, one cell per state.

A cell holds a rule; `late` is a rule as well: the message is true, but the order has gone past it, so nothing
changes. An empty cell is a contradiction, and raises UnexpectedMessage: the message is parked for a person to see.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jangteo.contracts import payment, product, shipping
from jangteo.kit.errors import Conflict
from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.messages import Message
from jangteo.order.domain import on_money, on_parcel, on_stock
from jangteo.order.domain.order import Order
from jangteo.order.states import State

Rule = Callable[[Order, Any], list[DomainEvent] | None]


class UnexpectedMessage(Conflict):
    """Another service says what cannot be, as far as this order knows."""

    code = "order.unexpected_message"
    ko = "주문 상태({state})와 맞지 않는 메시지입니다: {type}"
    en = "The message {type} contradicts the state of the order ({state})."


def late(_: Order, __: Any) -> list[DomainEvent]:
    """True, but the order has gone past it: a repeated or overtaken message changes nothing."""
    return []


PLACED, RESERVED, AUTHORISED, PAID = State.PLACED, State.RESERVED, State.AUTHORISED, State.PAID
SHIPPED, DELIVERED, REJECTED = State.SHIPPED, State.DELIVERED, State.REJECTED
CANCELLING, CANCELLED = State.CANCELLING, State.CANCELLED


def _late_in(*states: State) -> dict[State, Rule]:
    return dict.fromkeys(states, late)


RULES: Mapping[type[Message], Mapping[State, Rule]] = {
    product.StockReserved: {
        PLACED: on_stock.hold,
        REJECTED: on_stock.return_stray,
        **_late_in(RESERVED, AUTHORISED, PAID, SHIPPED, DELIVERED, CANCELLING, CANCELLED),
    },
    product.StockRefused: {
        PLACED: on_stock.reject,
        # Beside a reservation that was heard of, a refusal answers a repeated request; the sale checks again anyway.
        **_late_in(RESERVED, AUTHORISED, PAID, SHIPPED, DELIVERED, REJECTED, CANCELLING, CANCELLED),
    },
    product.ReservationExpired: {
        PLACED: on_stock.give_up_expired,
        RESERVED: on_stock.give_up_expired,
        # The money is on its way: the sale takes the stock again, or fails and is paid back.
        **_late_in(AUTHORISED, PAID, SHIPPED, DELIVERED, REJECTED, CANCELLING, CANCELLED),
    },
    product.StockCommitted: {PAID: on_stock.sell, **_late_in(SHIPPED, DELIVERED, CANCELLING, CANCELLED)},
    product.StockCommitFailed: {PAID: on_stock.fail_sale, **_late_in(CANCELLING, CANCELLED)},
    product.StockReleased: {CANCELLING: on_stock.take_back, **_late_in(REJECTED, CANCELLED)},
    product.GoodsRestocked: {
        PAID: on_stock.restock,
        SHIPPED: on_stock.restock,
        DELIVERED: on_stock.restock,
        CANCELLING: on_stock.restock,
        **_late_in(CANCELLED),
    },
    payment.PaymentActionRequired: {
        RESERVED: on_money.ask_confirmation,
        **_late_in(AUTHORISED, PAID, SHIPPED, DELIVERED, CANCELLING, CANCELLED),
    },
    payment.PaymentDeclined: {
        RESERVED: on_money.decline,
        # The provider's hold lapsed before the capture reached it.
        AUTHORISED: on_money.lose_money,
        PAID: on_money.only_of_an_earlier_attempt,
        SHIPPED: on_money.only_of_an_earlier_attempt,
        DELIVERED: on_money.only_of_an_earlier_attempt,
        **_late_in(CANCELLING, CANCELLED),
    },
    payment.PaymentAuthorised: {
        RESERVED: on_money.authorise,
        AUTHORISED: on_money.only_of_the_present_attempt,
        PAID: on_money.only_of_the_present_attempt,
        SHIPPED: on_money.only_of_the_present_attempt,
        DELIVERED: on_money.only_of_the_present_attempt,
        **_late_in(CANCELLING, CANCELLED),
    },
    payment.PaymentCaptured: {
        RESERVED: on_money.capture_at_once,
        AUTHORISED: on_money.capture,
        PAID: on_money.only_of_the_present_attempt,
        SHIPPED: on_money.only_of_the_present_attempt,
        DELIVERED: on_money.only_of_the_present_attempt,
        # What was taken in the last moment is given back by the cancellation that is on its way.
        **_late_in(CANCELLING, CANCELLED),
    },
    payment.PaymentCaptureFailed: {
        RESERVED: on_money.fail_capture_at_once,
        AUTHORISED: on_money.lose_money,
        PAID: on_money.only_of_an_earlier_attempt,
        SHIPPED: on_money.only_of_an_earlier_attempt,
        DELIVERED: on_money.only_of_an_earlier_attempt,
        **_late_in(CANCELLING, CANCELLED),
    },
    payment.PaymentCancelled: {CANCELLING: on_money.take_back, **_late_in(CANCELLED)},
    payment.PaymentRefunded: {
        # Before PAID it has overtaken the news of the capture.
        RESERVED: on_money.refund_early,
        AUTHORISED: on_money.refund,
        PAID: on_money.refund,
        SHIPPED: on_money.refund,
        DELIVERED: on_money.refund,
        CANCELLING: on_money.refund,
        **_late_in(CANCELLED),
    },
    payment.PaymentRefundFailed: {
        PAID: on_money.fail_refund,
        SHIPPED: on_money.fail_refund,
        DELIVERED: on_money.fail_refund,
        CANCELLING: on_money.fail_refund,
        # Before PAID it is about one that was made at the payment itself.
        **_late_in(RESERVED, AUTHORISED, CANCELLED),
    },
    shipping.ShipmentCreated: {
        PAID: on_parcel.prepare,
        CANCELLING: on_parcel.prepare,
        **_late_in(SHIPPED, DELIVERED, CANCELLED),
    },
    shipping.ShipmentDispatched: {
        PAID: on_parcel.ship,
        CANCELLING: on_parcel.ship_after_all,
        **_late_in(SHIPPED, DELIVERED),
    },
    shipping.ShipmentDelivered: {
        PAID: on_parcel.note_delivery,
        CANCELLING: on_parcel.note_delivery,
        SHIPPED: on_parcel.deliver,
        **_late_in(DELIVERED),
    },
    shipping.ShipmentCancelled: {PAID: on_parcel.give_up, CANCELLING: on_parcel.stop, **_late_in(CANCELLED)},
    shipping.ShipmentCancelRefused: {
        PAID: on_parcel.know_of_refusal,
        SHIPPED: on_parcel.know_of_refusal,
        DELIVERED: on_parcel.know_of_refusal,
        CANCELLING: on_parcel.refuse_cancellation,
    },
}


def react(order: Order, message: Message) -> list[DomainEvent]:
    """Return what `message` makes happen to `order`; nothing where it is late.

    Raises UnexpectedMessage where it contradicts what the order knows.
    """
    rule = RULES[type(message)].get(order.state)
    events = rule(order, message) if rule is not None else None
    if events is None:
        raise UnexpectedMessage(state=order.state.value, type=message.type)
    return events
