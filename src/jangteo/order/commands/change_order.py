"""Pay for an order, or cancel it: a person's wish, decided by the rules on the newest state."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.card_numbers import refuse_card_number
from jangteo.kit.errors import Conflict
from jangteo.kit.idempotency import Answer, IdempotencyKey, once
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Transaction
from jangteo.order import answers
from jangteo.order.desk import Desk, persistently
from jangteo.order.domain.address import NOTE_PURPOSE
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.requests import cancel, choose_payment
from jangteo.order.schemas import CancellationInput, PaymentInput
from jangteo.order.store import OrderUnknown
from jangteo.order.story import Story, view


class OrderChanged(Conflict):
    """Somebody, or something, changed the order since the caller looked at it."""

    code = "order.changed"
    ko = "그사이 주문이 변경되었습니다. (현재 버전: {version})"
    en = "The order has changed meanwhile (it has version {version} now)."


def require_version(story: Story, version: int | None) -> None:
    """Raise OrderChanged unless the order has `version`; None is any."""
    if version is not None and story.version != version:
        raise OrderChanged(version=story.version, field="If-Match")


async def pay(
    desk: Desk, member_id: UUID, order_id: UUID, request: PaymentInput, key: IdempotencyKey, language: str
) -> Answer:
    """Return 201 and the order with a new attempt to pay.

    Raises OrderUnknown for anybody but its buyer, or the Conflict that says why it cannot be paid now.
    """
    refuse_card_number(request.token, field="token")
    payment_id = new_id()

    async def work(transaction: Transaction) -> Story:
        story = await desk.orders.load(transaction, order_id)
        if story.order.placed.member_id != member_id:
            raise OrderUnknown()
        now = transaction.clock.now()
        at_once = desk.settings.captures_at_once(key.tenant, request.provider)
        events = choose_payment(story.order, payment_id, request.provider, request.token, now, at_once=at_once)
        return await desk.orders.save(transaction, order_id, story, events, actor=f"buyer:{member_id}", at=now)

    return await answered_once(desk, key, work, 201, language)


async def cancel_order(
    desk: Desk,
    caller: Caller,
    order_id: UUID,
    request: CancellationInput,
    version: int | None,
    key: IdempotencyKey,
    language: str,
) -> Answer:
    """Return 202 and the order, being cancelled.

    Raises OrderUnknown for somebody else's order, unless the caller may manage orders; OrderChanged where it has not
    the `version` that is named; NotCancellable, HandedOver.
    """
    person = caller.member_id

    async def work(transaction: Transaction) -> Story:
        story = await desk.orders.load(transaction, order_id)
        buyer = story.order.placed.member_id
        if buyer != person and "orders.manage" not in caller.permissions:
            raise OrderUnknown()
        require_version(story, version)
        actor, reason = ("buyer", Reason.BUYER) if buyer == person else ("staff", Reason.STAFF)
        note = ""
        if request.reason:
            note = (await desk.vault.key(transaction, buyer)).encrypt(request.reason, NOTE_PURPOSE)
        events, now = cancel(story.order, reason, note), transaction.clock.now()
        after = await desk.orders.save(transaction, order_id, story, events, actor=f"{actor}:{person}", at=now)
        if buyer != person:
            on, why = f"order:{order_id}", request.reason
            entry = Entry(by=caller, action="order.cancelled_by_staff", on=on, person=buyer, reason=why)
            await audit.record(transaction, entry)
        return after

    return await answered_once(desk, key, work, 202, language)


async def answered_once(
    desk: Desk,
    key: IdempotencyKey,
    work: Callable[[Transaction], Awaitable[Story]],
    status: int,
    language: str,
) -> Answer:
    """Do `work` in a transaction, once for `key`, and answer the order; again where somebody else was faster."""

    async def write() -> Answer:
        async with desk.database.transaction(key.tenant) as transaction:
            story = await work(transaction)
            return await key.remember(transaction, status, answers.order(view(story), language))

    return await once(desk.database, key, lambda: persistently(write))
