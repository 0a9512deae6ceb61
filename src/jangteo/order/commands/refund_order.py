"""Give a part of an order back, as staff: decided on the newest state, asked of the payment service by the saga."""

from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.card_numbers import refuse_card_number
from jangteo.kit.idempotency import Answer, IdempotencyKey
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Transaction
from jangteo.kit.privacy import PersonErased
from jangteo.order.commands.change_order import answered_once, require_version
from jangteo.order.desk import Desk
from jangteo.order.domain.address import REFUND_PURPOSE
from jangteo.order.domain.events import RefundRequested
from jangteo.order.domain.refunding import Wanted, request
from jangteo.order.schemas import RefundInput
from jangteo.order.story import Story

REFUND = "payments.refund"


async def refund_order(
    desk: Desk,
    caller: Caller,
    order_id: UUID,
    data: RefundInput,
    version: int | None,
    key: IdempotencyKey,
    language: str,
) -> Answer:
    """Return 202 and the order with a refund under way.

    Raises OrderUnknown, OrderChanged, NotRefundable, or the Invalid that names what is wrong with `data`.
    """
    caller.require(REFUND)
    refuse_card_number(data.reason, field="reason")
    refund_id = new_id()

    async def work(transaction: Transaction) -> Story:
        story = await desk.orders.load(transaction, order_id)
        require_version(story, version)
        buyer = story.order.placed.member_id
        sealed = await _sealed(desk, transaction, buyer, data.reason)
        events = request(story.order, refund_id, caller.member_id, _wanted(data), sealed)
        now, actor = transaction.clock.now(), f"staff:{caller.member_id}"
        after = await desk.orders.save(transaction, order_id, story, events, actor=actor, at=now)
        amount = sum(event.amount for event in events if isinstance(event, RefundRequested))
        details: dict[str, str | int | bool | list[str]] = {"refund": str(refund_id), "amount": amount}
        on, action = f"order:{order_id}", "order.refund_requested"
        entry = Entry(by=caller, action=action, on=on, person=buyer, reason=data.reason, details=details)
        await audit.record(transaction, entry)
        return after

    return await answered_once(desk, key, work, 202, language)


async def _sealed(desk: Desk, transaction: Transaction, buyer: UUID, reason: str) -> str:
    """Return the reason as its buyer may read it; nothing once nobody may, who is owed the money all the same."""
    try:
        return (await desk.vault.key(transaction, buyer)).encrypt(reason, REFUND_PURPOSE)
    except PersonErased:
        return ""


def _wanted(data: RefundInput) -> Wanted:
    pieces: dict[str, int] = {}
    for line in data.lines:
        pieces[line.sku] = pieces.get(line.sku, 0) + line.quantity
    return Wanted(pieces=pieces, shipping_fee=data.shipping_fee, amount=data.amount, restock=data.restock)
