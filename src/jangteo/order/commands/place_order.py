"""Place an order: price it, seal the address, write the first events, and ask for the stock."""

import os
from datetime import datetime, timedelta
from uuid import UUID

from jangteo.kit.card_numbers import refuse_card_number
from jangteo.kit.eventstore import DomainEvent
from jangteo.kit.idempotency import Answer, IdempotencyKey, once
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Transaction
from jangteo.order import answers
from jangteo.order.commands.price_order import price_order
from jangteo.order.desk import Desk, persistently
from jangteo.order.domain.address import PURPOSE, Address, encode, tidy
from jangteo.order.domain.events import OrderPlaced, PaymentChosen
from jangteo.order.domain.number import RANDOM_BYTES, order_number
from jangteo.order.domain.pricing import CURRENCY, Price, require_expected
from jangteo.order.schemas import OrderInput
from jangteo.order.story import view


async def place_order(desk: Desk, member_id: UUID, request: OrderInput, key: IdempotencyKey, language: str) -> Answer:
    """Return 201 and the order, placed once for `key` however often it is asked for.

    Raises what `price_order` raises, TotalChanged where the buyer expected another sum, and Unavailable.
    """
    if request.payment is not None:
        refuse_card_number(request.payment.token, field="payment.token")
    address = tidy(_address(request))

    async def work() -> Answer:
        price, cart_id = await price_order(desk.shop, key.tenant, member_id, request, address.zip)
        require_expected(price, request.expected_total)

        async def write() -> Answer:
            async with desk.database.transaction(key.tenant) as transaction:
                return await _write(desk, transaction, member_id, request, address, price, cart_id, key, language)

        return await persistently(write)

    return await once(desk.database, key, work)


async def _write(
    desk: Desk,
    transaction: Transaction,
    member_id: UUID,
    request: OrderInput,
    address: Address,
    price: Price,
    cart_id: str | None,
    key: IdempotencyKey,
    language: str,
) -> Answer:
    now, order_id = transaction.clock.now(), new_id()
    person = await desk.vault.make_key(transaction, member_id)
    events: list[DomainEvent] = [
        _placed(desk, member_id, price, cart_id, person.encrypt(encode(address), PURPOSE), now)
    ]
    if request.payment is not None:
        chosen = request.payment
        at_once = desk.settings.captures_at_once(key.tenant, chosen.provider)
        events.append(PaymentChosen(payment_id=new_id(), provider=chosen.provider, token=chosen.token, at_once=at_once))
    story = await desk.orders.save(transaction, order_id, None, events, actor=f"buyer:{member_id}", at=now)
    return await key.remember(transaction, 201, answers.order(view(story), language))


def _placed(
    desk: Desk, member_id: UUID, price: Price, cart_id: str | None, sealed_address: str, now: datetime
) -> OrderPlaced:
    pay_until = now + timedelta(seconds=desk.settings.payment_window)
    return OrderPlaced(
        number=order_number(now, os.urandom(RANDOM_BYTES)),
        member_id=member_id,
        currency=CURRENCY,
        lines=price.lines,
        items_total=price.items_total,
        delivery=price.delivery,
        total=price.total,
        vat=price.vat,
        cart_id=cart_id,
        address=sealed_address,
        pay_until=pay_until,
        hold_until=pay_until + timedelta(seconds=desk.settings.hold_margin),
    )


def _address(request: OrderInput) -> Address:
    given = request.address
    return Address(
        recipient=given.recipient,
        phone=given.phone,
        zip=given.zip,
        address1=given.address1,
        address2=given.address2,
        note=given.note,
    )
