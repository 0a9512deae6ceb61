"""One order as its events made it: `evolve` is the only way in which it changes."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from jangteo.kit.eventstore import DomainEvent
from jangteo.order.domain import events as happened
from jangteo.order.domain import refund as refunding
from jangteo.order.states import State, move


class Stage(StrEnum):
    """How far one attempt to pay has come."""

    CHOSEN = "chosen"
    ACTION_REQUIRED = "action_required"
    DECLINED = "declined"
    AUTHORISED = "authorised"
    CAPTURED = "captured"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay; `token` stands for the buyer's card at the provider."""

    payment_id: UUID
    provider: str
    token: str
    at_once: bool
    stage: Stage = Stage.CHOSEN
    reason: str = ""
    url: str = ""

    @property
    def undecided(self) -> bool:
        """Say whether the provider may still take money for it."""
        return self.stage in (Stage.CHOSEN, Stage.ACTION_REQUIRED)


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """The parcel, as the carrier knows it."""

    carrier: str
    tracking_number: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order with everything that its rules ask for; amounts in minor units."""

    id: UUID
    placed: happened.OrderPlaced
    state: State = State.PLACED
    attempts: tuple[Attempt, ...] = ()
    sold: bool = False
    shipment: Shipment | None = None
    delivered_at: datetime | None = None
    cancel_reason: str = ""
    cancel_note: str = ""
    cancel_refused: bool = False
    shipment_stopped: bool = False
    stock_returned: bool = False
    money_returned: bool = False
    refunds: refunding.Refunds = ()
    refunded: int = 0
    reject_reason: str = ""

    @property
    def attempt(self) -> Attempt | None:
        """Return the present attempt to pay: the last one made."""
        return self.attempts[-1] if self.attempts else None

    @property
    def weight_grams(self) -> int:
        """Return what the goods weigh in all."""
        return sum(line.weight_grams * line.quantity for line in self.placed.lines)

    @property
    def awaits_shipment_answer(self) -> bool:
        """Say whether a cancellation has to stop the shipment before anything can be given back."""
        return self.sold and not self.shipment_stopped


def evolve(order: Order | None, id: UUID, event: DomainEvent) -> Order:
    """Return the order after `event`; the first event of a stream makes it.

    Raises IllegalMove where the state machine has no such move: the stream is then not one that was ever written.
    """
    if isinstance(event, happened.OrderPlaced):
        return Order(id=id, placed=event)
    if order is None:
        raise ValueError(f"the stream of order {id} does not begin with its placing")
    return _CHANGES[type(event)](order, event)


def _staged(order: Order, payment_id: UUID, stage: Stage, reason: str = "", url: str = "") -> tuple[Attempt, ...]:
    return tuple(
        replace(attempt, stage=stage, reason=reason, url=url) if attempt.payment_id == payment_id else attempt
        for attempt in order.attempts
    )


def _payment_chosen(order: Order, event: happened.PaymentChosen) -> Order:
    attempt = Attempt(payment_id=event.payment_id, provider=event.provider, token=event.token, at_once=event.at_once)
    return replace(order, attempts=(*order.attempts, attempt))


def _stock_held(order: Order, _: happened.StockHeld) -> Order:
    return replace(order, state=move(order.state, State.RESERVED))


def _rejected(order: Order, event: happened.Rejected) -> Order:
    return replace(order, state=move(order.state, State.REJECTED), reject_reason=event.reason)


def _confirmation_asked(order: Order, event: happened.ConfirmationAsked) -> Order:
    return replace(order, attempts=_staged(order, event.payment_id, Stage.ACTION_REQUIRED, url=event.url))


def _payment_declined(order: Order, event: happened.PaymentDeclined) -> Order:
    return replace(order, attempts=_staged(order, event.payment_id, Stage.DECLINED, event.reason))


def _payment_authorised(order: Order, event: happened.PaymentAuthorised) -> Order:
    state = move(order.state, State.AUTHORISED)
    return replace(order, state=state, attempts=_staged(order, event.payment_id, Stage.AUTHORISED))


def _payment_captured(order: Order, event: happened.PaymentCaptured) -> Order:
    state = move(order.state, State.PAID)
    return replace(order, state=state, attempts=_staged(order, event.payment_id, Stage.CAPTURED))


def _stock_sold(order: Order, _: happened.StockSold) -> Order:
    return replace(order, sold=True)


def _shipment_prepared(order: Order, event: happened.ShipmentPrepared) -> Order:
    return replace(order, shipment=Shipment(carrier=event.carrier, tracking_number=event.tracking_number))


def _shipped(order: Order, event: happened.Shipped) -> Order:
    shipment = Shipment(carrier=event.carrier, tracking_number=event.tracking_number)
    return replace(order, state=move(order.state, State.SHIPPED), shipment=shipment)


def _delivery_reported(order: Order, event: happened.DeliveryReported) -> Order:
    return replace(order, delivered_at=event.since)


def _delivered(order: Order, event: happened.Delivered) -> Order:
    return replace(order, state=move(order.state, State.DELIVERED), delivered_at=event.since)


def _cancellation_started(order: Order, event: happened.CancellationStarted) -> Order:
    state = move(order.state, State.CANCELLING)
    return replace(order, state=state, cancel_reason=event.reason, cancel_note=event.note)


def _cancellation_refused(order: Order, _: happened.CancellationRefused) -> Order:
    return replace(order, state=move(order.state, State.PAID), cancel_refused=True, cancel_reason="", cancel_note="")


def _shipment_stopped(order: Order, _: happened.ShipmentStopped) -> Order:
    return replace(order, shipment_stopped=True)


def _money_returned(order: Order, event: happened.MoneyReturned) -> Order:
    return replace(order, money_returned=True, refunded=max(order.refunded, event.refunded))


def _stock_returned(order: Order, _: happened.StockReturned) -> Order:
    return replace(order, stock_returned=True)


def _stray_stock_returned(order: Order, _: happened.StrayStockReturned) -> Order:
    return order


def _cancelled(order: Order, event: happened.Cancelled) -> Order:
    return replace(order, state=move(order.state, State.CANCELLED), refunded=event.refunded)


def _refunded(order: Order, event: happened.Refunded) -> Order:
    # Two refunds may be heard of in the wrong order; the larger sum is the later one.
    refunded = max(order.refunded, event.refunded_in_all)
    return replace(order, refunds=refunding.succeeded(order.refunds, event), refunded=refunded)


def _refund_requested(order: Order, event: happened.RefundRequested) -> Order:
    return replace(order, refunds=refunding.requested(order.refunds, event))


def _refund_failed(order: Order, event: happened.RefundFailed) -> Order:
    return replace(order, refunds=refunding.failed(order.refunds, event))


def _goods_restocked(order: Order, event: happened.GoodsRestocked) -> Order:
    return replace(order, refunds=refunding.restocked(order.refunds, event))


_CHANGES: dict[type[DomainEvent], Callable[[Order, Any], Order]] = {
    happened.PaymentChosen: _payment_chosen,
    happened.StockHeld: _stock_held,
    happened.Rejected: _rejected,
    happened.StrayStockReturned: _stray_stock_returned,
    happened.ConfirmationAsked: _confirmation_asked,
    happened.PaymentDeclined: _payment_declined,
    happened.PaymentAuthorised: _payment_authorised,
    happened.PaymentCaptured: _payment_captured,
    happened.StockSold: _stock_sold,
    happened.ShipmentPrepared: _shipment_prepared,
    happened.Shipped: _shipped,
    happened.DeliveryReported: _delivery_reported,
    happened.Delivered: _delivered,
    happened.CancellationStarted: _cancellation_started,
    happened.CancellationRefused: _cancellation_refused,
    happened.ShipmentStopped: _shipment_stopped,
    happened.MoneyReturned: _money_returned,
    happened.StockReturned: _stock_returned,
    happened.Cancelled: _cancelled,
    happened.Refunded: _refunded,
    happened.RefundRequested: _refund_requested,
    happened.RefundFailed: _refund_failed,
    happened.GoodsRestocked: _goods_restocked,
}
