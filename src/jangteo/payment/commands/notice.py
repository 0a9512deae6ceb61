"""Take a provider's webhook in: early, late, twice or of no concern, it does no harm."""

import logging
from functools import partial
from uuid import UUID

from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain import refunding
from jangteo.payment.domain.attempt import Attempt, Change, Seen, SeenRefund
from jangteo.payment.domain.observing import observe
from jangteo.payment.providers.interface import Webhook
from jangteo.payment.states import RefundState

log = logging.getLogger(__name__)


async def notice_webhook(database: Database, desk: Desk, provider: str, webhook: Webhook) -> bool:
    """Do what a genuine webhook calls for; return False where it is about nothing of ours."""
    payment_id = _payment_id(webhook.seen)
    # Attempts only move forward, so what is old news for one as it was is old news for it as it is: nearly every
    # webhook comes after the answer and costs no query.
    if payment_id and (recent := desk.recall(payment_id)) and _is_old(webhook, recent, desk):
        return True
    attempt = await _find(database, provider, payment_id)
    if attempt is None:
        log.info("webhook %s of %s is about no attempt of ours", webhook.type, provider)
        return False
    if _is_old(webhook, attempt, desk):
        return True
    async with database.transaction(attempt.tenant) as tx:
        if not await store.note_webhook(tx, provider, webhook.event_id, attempt.id, webhook.type):
            return True
        for change in await _changes(tx, desk, attempt.id, webhook):
            tx.after_commit(partial(desk.follow, change))
    return True


def _payment_id(seen: Seen | None) -> UUID | None:
    try:
        return UUID(seen.reference if seen else "")
    except ValueError:
        return None


def _is_old(webhook: Webhook, attempt: Attempt, desk: Desk) -> bool:
    return webhook.refund is None and (webhook.seen is None or observe(attempt, webhook.seen, desk.moment()) is None)


async def _find(database: Database, provider: str, payment_id: UUID | None) -> Attempt | None:
    """Find the attempt in whichever tenant it is: a provider knows of none."""
    if payment_id is None:
        return None
    async with database.read(EVERY_TENANT) as reader:
        attempt = await store.load(reader, payment_id)
    return attempt if attempt is not None and attempt.provider == provider else None


async def _changes(tx: Transaction, desk: Desk, payment_id: UUID, webhook: Webhook) -> list[Change]:
    changes = []
    attempt = await store.lock(tx, payment_id)
    if attempt is None or webhook.seen is None:
        return []
    if (change := observe(attempt, webhook.seen, desk.moment())) is not None:
        await store.save(tx, attempt, change)
        changes.append(change)
    if webhook.refund is not None and (change := await _refunded(tx, desk, payment_id, webhook.refund)) is not None:
        changes.append(change)
    return changes


async def _refunded(tx: Transaction, desk: Desk, payment_id: UUID, seen: SeenRefund) -> Change | None:
    try:
        refund = await store.lock_refund(tx, UUID(seen.reference))
    except ValueError:
        return None
    attempt = await store.lock(tx, payment_id)
    if refund is None or attempt is None or refund.payment_id != payment_id:
        return None
    if refund.state is not RefundState.REQUESTED or not refunding.matches(refund, seen):
        return None
    change = refunding.succeed(attempt, refund, seen, desk.moment())
    await store.save(tx, attempt, change)
    return change
