"""Set out to take held money: recorded first, asked of the provider after the commit."""

import logging
from functools import partial

from jangteo.contracts.payment import CapturePayment, PaymentCaptureFailed
from jangteo.kit.postgres import Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain import steps
from jangteo.payment.domain.attempt import Change
from jangteo.payment.states import TAKING, State

log = logging.getLogger(__name__)


async def capture_payment(command: CapturePayment, tx: Transaction, desk: Desk) -> None:
    """Begin the capture, or say why it fails. A repeated command is answered again; it never takes twice."""
    begun = await store.begin_capture(tx, command.order_id, command.payment_id, desk.moment().leased)
    if begun is not None:
        tx.after_commit(partial(desk.follow, Change(attempt=begun, ask=True)))
        return
    attempt = await store.lock(tx, command.payment_id)
    if attempt is None or attempt.order_id != command.order_id:
        log.error("asked to capture %s, which is no attempt of order %s", command.payment_id, command.order_id)
        reason = "payment_unknown"
    elif attempt.unwanted:
        reason = attempt.reason or "order_cancelled"
    elif attempt.state is State.CAPTURED:
        tx.send(*steps.news(attempt))
        return
    elif attempt.state in TAKING:
        return
    else:
        reason = attempt.reason or "not_authorised"
    tx.send(PaymentCaptureFailed(order_id=command.order_id, payment_id=command.payment_id, reason=reason))
