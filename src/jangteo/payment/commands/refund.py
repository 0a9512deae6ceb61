"""Give money back, for staff or for the order that they ask: recorded first, asked of the provider after the commit."""

from uuid import UUID

from jangteo.contracts.payment import PaymentRefundFailed, RefundPayment
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.card_numbers import refuse_card_number
from jangteo.kit.errors import Conflict, Invalid, NotFound
from jangteo.kit.idempotency import Answer, IdempotencyKey, once
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.payment import store
from jangteo.payment.commands.desk import Desk
from jangteo.payment.domain import refunding
from jangteo.payment.schemas import NewRefund, refund_view


async def request_refund(
    database: Database, desk: Desk, key: IdempotencyKey, payment_id: UUID, new: NewRefund, caller: Caller
) -> Answer:
    """Set out to give `new.amount` minor units back; the answer is the refund as requested.

    Raises NotFound, IllegalMove, RefundByCancellation, RefundTooLarge, CardNumberRefused.
    """
    refuse_card_number(new.reason, field="reason")

    async def work() -> Answer:
        async with database.transaction(key.tenant) as tx:
            attempt = await store.lock(tx, payment_id)
            if attempt is None:
                raise NotFound()
            change = refunding.request(attempt, new_id(), new.amount, new.reason, caller.member_id, desk.moment())
            await store.save(tx, attempt, change)
            tx.after_commit(lambda: desk.follow(change))
            entry = Entry(
                by=caller,
                action="payment.refund_requested",
                on=f"payment:{payment_id}",
                person=attempt.member_id,
                reason=new.reason,
                details={"refund": str(change.refunds[0].id), "amount": new.amount, "currency": attempt.currency},
            )
            await audit.record(tx, entry)
            return await key.remember(tx, 202, refund_view(change.refunds[0]))

    return await once(database, key, work)


async def refund_payment(command: RefundPayment, tx: Transaction, desk: Desk) -> None:
    """Do as an order asks, once for its `refund_id`; one that is asked again is told what came of it.

    A refund that the rules refuse is kept as failed: what was told once stays true.
    """
    attempt = await store.lock(tx, command.payment_id)
    if attempt is None or attempt.order_id != command.order_id:
        tx.send(_failed(command, NotFound.code))
        return
    known = await store.lock_refund(tx, command.refund_id)
    if known is not None:
        tx.send(*refunding.news(attempt, known))
        return
    asked = (command.refund_id, command.amount, command.reason, command.requested_by, desk.moment())
    try:
        change = refunding.request(attempt, *asked)
    except (Conflict, Invalid) as refusal:
        change = refunding.decline(attempt, *asked, failure=refusal.code)
    await store.save(tx, attempt, change)
    tx.after_commit(lambda: desk.follow(change))


def _failed(command: RefundPayment, reason: str) -> PaymentRefundFailed:
    return PaymentRefundFailed(
        order_id=command.order_id, payment_id=command.payment_id, refund_id=command.refund_id, reason=reason
    )
