"""Cancel an order's payments: refuse what comes later, give back what is held or taken, then say so once."""

from functools import partial
from uuid import UUID

from jangteo.contracts.payment import CancelPayment, PaymentCancelled
from jangteo.kit.postgres import Database, Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain import steps
from jangteo.payment.domain.attempt import Attempt

REASON = "order_cancelled"


async def cancel_payment(command: CancelPayment, tx: Transaction, desk: Desk, default_currency: str) -> None:
    """Begin, and where nothing is held or taken end, the cancellation. One that has ended is told again."""
    already_told = await store.cancel_order(tx, command.order_id, command.reason)
    after = []
    for attempt in await store.lock_attempts(tx, command.order_id):
        if attempt.unwanted:
            after.append(attempt)
            continue
        change = steps.abandon(attempt, REASON, desk.moment())
        await store.save(tx, attempt, change)
        tx.after_commit(partial(desk.follow, change))
        after.append(change.attempt)
    if already_told or all(attempt.is_clear for attempt in after):
        await _tell(tx, command.order_id, after, default_currency)


async def close_cancellation(database: Database, tenant: str, order_id: UUID, default_currency: str) -> None:
    """Say that a cancellation has ended, if it has and nobody said so before."""
    async with database.transaction(tenant) as tx:
        if not await store.lock_open_cancellation(tx, order_id):
            return
        attempts = await store.lock_attempts(tx, order_id)
        if all(attempt.is_clear for attempt in attempts):
            await _tell(tx, order_id, attempts, default_currency)


async def _tell(tx: Transaction, order_id: UUID, attempts: list[Attempt], default_currency: str) -> None:
    await store.close_cancellation(tx, order_id)
    currency = attempts[-1].currency if attempts else default_currency
    refunded = sum(attempt.refunded for attempt in attempts)
    tx.send(PaymentCancelled(order_id=order_id, refunded=refunded, currency=currency))
