"""Which webhooks a change of a payment sends, and when: here the cards of the awkward kinds differ."""

import secrets

import msgspec

from jangteo.sandbox.pay.cards import Behaviour
from jangteo.sandbox.pay.domain import Payment, Refund
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.pay.schemas import instant, payment_view, refund_view


def announce(pay: Pay, kind: str, payment: Payment, refund: Refund | None = None) -> int:
    """Queue the webhooks of one change in the present transaction; return the id of the first delivery."""
    now = pay.now()
    body, event_id = _event(pay, kind, payment, refund)
    due_at = now + _delay(pay, kind, payment)
    queue = pay.deliveries.queue
    if payment.behaviour is Behaviour.WEBHOOK_FORGED_FIRST:
        queue(event_id, kind, payment.id, body, due_at, forged=True)
    first = queue(event_id, kind, payment.id, body, due_at)
    if payment.behaviour is Behaviour.ANSWERED_TWICE:
        queue(event_id, kind, payment.id, body, due_at)
        again, other_id = _event(pay, kind, payment, refund)
        queue(other_id, kind, payment.id, again, due_at)
    return first


def _delay(pay: Pay, kind: str, payment: Payment) -> float:
    settings = pay.settings
    if payment.behaviour is Behaviour.WEBHOOK_FIRST:
        return 0.0
    if payment.behaviour is Behaviour.WEBHOOK_LATE:
        return settings.webhook_late_delay
    made = "payment.captured" if payment.capture_at_once else "payment.authorized"
    held = (payment.behaviour, kind) in (
        (Behaviour.TIMEOUT_MADE, made),
        (Behaviour.CAPTURE_TIMEOUT, "payment.captured"),
    )
    return settings.webhook_delay + (settings.timeout_delay if held else 0.0)


def _event(pay: Pay, kind: str, payment: Payment, refund: Refund | None) -> tuple[bytes, str]:
    event_id = f"evt_{secrets.token_hex(12)}"
    data: dict[str, object] = {"payment": payment_view(payment, pay.settings.own_url())}
    if refund is not None:
        data["refund"] = refund_view(refund, payment.currency)
    event = {"id": event_id, "type": kind, "created": instant(pay.now()), "data": data}
    return msgspec.json.encode(event), event_id
