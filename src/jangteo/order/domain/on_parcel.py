"""What the shipping service's words do to an order; None where they contradict it."""

from jangteo.contracts import shipping
from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.messages import Message
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.order import Order, Shipment


def prepare(order: Order, message: shipping.ShipmentCreated) -> list[DomainEvent] | None:
    """Keep the tracking number; after a stopped shipment it means nothing any more."""
    if not order.sold:
        return None
    known = Shipment(carrier=message.carrier, tracking_number=message.tracking_number)
    if order.shipment == known or order.shipment_stopped:
        return []
    return [happened.ShipmentPrepared(carrier=message.carrier, tracking_number=message.tracking_number)]


def ship(order: Order, message: shipping.ShipmentDispatched) -> list[DomainEvent] | None:
    """배송중; and 배송완료 at once, where that was heard of before."""
    if not order.awaits_shipment_answer:
        return None
    events: list[DomainEvent] = [
        happened.Shipped(carrier=message.carrier, tracking_number=message.tracking_number, since=message.at)
    ]
    if order.delivered_at is not None:
        events.append(happened.Delivered(since=order.delivered_at))
    return events


def ship_after_all(order: Order, message: shipping.ShipmentDispatched) -> list[DomainEvent] | None:
    """Give the cancellation up: the parcel is with the carrier already."""
    shipped = ship(order, message)
    return None if shipped is None else [happened.CancellationRefused(), *shipped]


def note_delivery(order: Order, message: shipping.ShipmentDelivered) -> list[DomainEvent] | None:
    """Keep the hand-over until the pick-up, which it overtook, is heard of."""
    if not order.awaits_shipment_answer:
        return None
    return [] if order.delivered_at is not None else [happened.DeliveryReported(since=message.at)]


def deliver(_: Order, message: shipping.ShipmentDelivered) -> list[DomainEvent]:
    """배송완료."""
    return [happened.Delivered(since=message.at)]


def give_up(order: Order, _: Message) -> list[DomainEvent] | None:
    """Cancel a paid order whose shipment was stopped without its asking: nothing will be sent."""
    if not order.awaits_shipment_answer:
        return None
    return [happened.CancellationStarted(reason=Reason.SHIPMENT_CANCELLED), happened.ShipmentStopped()]


def stop(order: Order, _: Message) -> list[DomainEvent] | None:
    """Note that nothing will be sent: money and stock can be given back."""
    if not order.sold:
        return None
    return [] if order.shipment_stopped else [happened.ShipmentStopped()]


def refuse_cancellation(order: Order, _: Message) -> list[DomainEvent] | None:
    """Let the order go on: the carrier has the parcel."""
    return [happened.CancellationRefused()] if order.awaits_shipment_answer else None


def know_of_refusal(order: Order, _: Message) -> list[DomainEvent] | None:
    """Pass over a repetition of the refusal."""
    return [] if order.cancel_refused else None
