"""Take an attempt in: recorded first, asked of the provider after the commit."""

import logging
from functools import partial

from jangteo.contracts.payment import AuthorisePayment
from jangteo.kit.postgres import Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain import steps
from jangteo.payment.domain.attempt import Attempt, Change

log = logging.getLogger(__name__)


async def authorise_payment(command: AuthorisePayment, tx: Transaction, desk: Desk) -> None:
    """Record a new attempt, or why there is none. A repeated command is answered again; it never asks twice."""
    attempt = steps.begin(tx.tenant, command, desk.moment())
    objection = steps.objection(command, desk.provider_names)
    if not objection:
        first = await store.insert_first(tx, attempt)
        if first.made:
            tx.after_commit(lambda: desk.follow(Change(attempt=attempt, ask=True)))
            return
        objection = "order_cancelled" if first.cancelled else ""
    await _take_in_beside_others(attempt, objection, tx, desk)


async def _take_in_beside_others(attempt: Attempt, objection: str, tx: Transaction, desk: Desk) -> None:
    await store.lock_order(tx, attempt.order_id)
    others = await store.lock_attempts(tx, attempt.order_id)
    for other in others:
        if other.id == attempt.id:
            tx.send(*steps.news(other))
            return
    objection = objection or steps.admit(others)
    if objection:
        log.warning("attempt %s is declined: %s", attempt.id, objection)
        denied = steps.deny(attempt, objection, desk.moment())
        await store.insert(tx, denied.attempt)
        tx.send(*denied.says)
        return
    for other in others:
        if not other.unwanted and not other.is_clear:
            change = steps.abandon(other, "superseded", desk.moment())
            await store.save(tx, other, change)
            tx.after_commit(partial(desk.follow, change))
    await store.insert(tx, attempt)
    tx.after_commit(lambda: desk.follow(Change(attempt=attempt, ask=True)))
