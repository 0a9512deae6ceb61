"""Which webhooks a tracking event sends, and when: here the awkward zip codes differ."""

import secrets

import msgspec

from jangteo.sandbox.carrier.domain import Event, Parcel
from jangteo.sandbox.carrier.journey import Fault, fault_of
from jangteo.sandbox.carrier.provider import Carrier
from jangteo.sandbox.carrier.schemas import event_view, instant, parcel_view


def announce(carrier: Carrier, parcel: Parcel, event: Event, delay: float = 0.0) -> None:
    """Queue the webhooks of one tracking event in the present transaction, `delay` seconds from now at the earliest."""
    fault = fault_of(parcel.recipient_zip)
    if fault is Fault.OUT_OF_ORDER and event.sequence % 2 == 0:
        delay += 2.5 * carrier.seconds_per_leg
    due_at = carrier.now() + delay
    # Overtaken on purpose means: not in the queue of its parcel, where one waits for the other.
    subject = f"{parcel.number}/{event.sequence}" if fault is Fault.OUT_OF_ORDER else parcel.number
    body, event_id = _event(carrier, parcel, event)
    kind = f"parcel.{event.code}"
    carrier.deliveries.queue(event_id, kind, subject, body, due_at)
    if fault is Fault.DUPLICATES:
        carrier.deliveries.queue(event_id, kind, subject, body, due_at)
        again, other_id = _event(carrier, parcel, event)
        carrier.deliveries.queue(other_id, kind, subject, again, due_at)


def _event(carrier: Carrier, parcel: Parcel, event: Event) -> tuple[bytes, str]:
    event_id = f"evt_{secrets.token_hex(12)}"
    data = {"parcel": parcel_view(parcel, carrier.settings.own_url()), "event": event_view(event)}
    told = {"id": event_id, "type": f"parcel.{event.code}", "created": instant(carrier.now()), "data": data}
    return msgspec.json.encode(told), event_id
