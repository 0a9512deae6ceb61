"""Record what a provider answered, showed or sent: decided on the attempt as it is then, saved in one transaction."""

from collections.abc import Callable
from uuid import UUID

from jangteo.kit.postgres import Database, Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain.attempt import Attempt, Change, Refund

Decide = Callable[[Attempt], Change | None]
DecideRefund = Callable[[Attempt, Refund], Change | None]


async def record(database: Database, desk: Desk, known: Attempt, decide: Decide) -> None:
    """Save what `decide` makes of the attempt: of the one that is known, or if it changed meanwhile of the new one."""
    change = decide(known)
    if change is None:
        return
    async with database.transaction(known.tenant) as tx:
        if not await store.save(tx, known, change):
            change = await record_locked(tx, known.id, decide)
    if change is not None:
        desk.follow(change)


async def record_locked(tx: Transaction, payment_id: UUID, decide: Decide) -> Change | None:
    """Lock the attempt, save what `decide` makes of it and return that."""
    attempt = await store.lock(tx, payment_id)
    change = decide(attempt) if attempt is not None else None
    if attempt is not None and change is not None:
        await store.save(tx, attempt, change)
    return change


async def record_refund(database: Database, desk: Desk, known: Refund, decide: DecideRefund) -> None:
    """Lock attempt and refund and save what `decide` makes of them."""
    async with database.transaction(known.tenant) as tx:
        change = await _decide_locked(tx, known, decide)
    if change is not None:
        desk.follow(change)


async def _decide_locked(tx: Transaction, known: Refund, decide: DecideRefund) -> Change | None:
    attempt = await store.lock(tx, known.payment_id)
    refund = await store.lock_refund(tx, known.id)
    if attempt is None or refund is None:
        return None
    change = decide(attempt, refund)
    if change is not None:
        await store.save(tx, attempt, change)
    return change
