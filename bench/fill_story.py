"""The lives of orders that were never placed: decided by the order service's own rules, on invented messages.

Nothing is written here. `bench.fill` stores what comes out.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from jangteo.contracts import payment, product, shipping
from jangteo.contracts.product import Offer
from jangteo.contracts.shipping import QuoteRequest
from jangteo.kit.eventstore import DomainEvent, Recorded
from jangteo.kit.messages import Message
from jangteo.order.domain.address import Address
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.events import OrderPlaced, PaymentChosen
from jangteo.order.domain.number import RANDOM_BYTES, order_number
from jangteo.order.domain.order import Order
from jangteo.order.domain.pricing import CURRENCY, Price, Wanted, offered, priced, summed, weight_grams
from jangteo.order.domain.reactions import react
from jangteo.order.domain.requests import cancel
from jangteo.order.story import Story, told
from jangteo.shipping.fees import Tariff, quote

TARIFF = Tariff(
    base_fee=3_000, free_over=50_000, jeju_surcharge=3_000, island_surcharge=5_000, heavy_fee_per_step=2_000
)
ADDRESS = Address(
    recipient="김장터", phone="+821012345678", zip="04524", address1="서울특별시 중구 세종대로 110", address2="3층"
)
_PAY_WITHIN, _HOLD_LONGER = timedelta(minutes=15), timedelta(minutes=5)
# How orders end, and how many of a hundred.
ENDINGS = (("delivered", 90), ("cancelled", 8), ("rejected", 2))
Wish = Callable[[Order], list[DomainEvent]]


class Life(NamedTuple):
    """An order from its placing to its end."""

    story: Story
    recorded: list[Recorded]


def live(dice: random.Random, offers: Sequence[Offer], member: UUID, sealed_address: str, at: datetime) -> Life:
    """Return the life of an order of one to three of `offers`, placed by `member` at `at`.

    Raises what the order's rules raise, where they and this invention disagree.
    """
    ending = dice.choices([name for name, _ in ENDINGS], [weight for _, weight in ENDINGS])[0]
    order_id, placed = id_at(at), _placed(dice, offers, member, sealed_address, at)
    chosen = PaymentChosen(payment_id=id_at(at), provider="sandbox", token=f"tok_{dice.getrandbits(96):024x}")
    actor = f"buyer:{member}"
    recorded = [Recorded(1, placed, at, actor, None), Recorded(2, chosen, at, actor, None)]
    story = told(order_id, recorded)
    for seconds, actor, wish, cause in _steps(dice, story.order, chosen.payment_id, ending, at):
        at += timedelta(seconds=seconds)
        version = story.version
        new = [Recorded(version + place, event, at, actor, cause) for place, event in enumerate(wish(story.order), 1)]
        if new:
            recorded += new
            story = told(order_id, new, story)
    if story.order.state.value != ending:
        raise RuntimeError(f"an order that should be {ending} is {story.order.state.value}")
    return Life(story, recorded)


def id_at(at: datetime) -> UUID:
    """Return a UUID version 7 as it would have been made at `at`."""
    random_bits = int.from_bytes(os.urandom(10))
    low, high = random_bits & ((1 << 62) - 1), random_bits >> 68
    return UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def _placed(
    dice: random.Random, offers: Sequence[Offer], member: UUID, sealed_address: str, at: datetime
) -> OrderPlaced:
    picked = dice.sample(offers, dice.choice((1, 1, 1, 2, 3)))
    wanted = [Wanted(sku=offer.sku, quantity=dice.choice((1, 1, 2)), field="lines") for offer in picked]
    price = _price(summed(wanted), {offer.sku: offer for offer in picked}, at)
    return OrderPlaced(
        number=order_number(at, os.urandom(RANDOM_BYTES)),
        member_id=member,
        currency=CURRENCY,
        lines=price.lines,
        items_total=price.items_total,
        delivery=price.delivery,
        total=price.total,
        vat=price.vat,
        cart_id=None,
        address=sealed_address,
        pay_until=at + _PAY_WITHIN,
        hold_until=at + _PAY_WITHIN + _HOLD_LONGER,
    )


def _price(wanted: Sequence[Wanted], offers: dict[str, Offer], at: datetime) -> Price:
    lines = offered(wanted, offers)
    items_total = sum(line.unit_price * line.quantity for line in lines)
    asked = QuoteRequest(zip=ADDRESS.zip, items_total=items_total, weight_grams=weight_grams(lines), currency=CURRENCY)
    return priced(lines, quote(asked, TARIFF, at))


def _steps(
    dice: random.Random, order: Order, payment_id: UUID, ending: str, at: datetime
) -> Iterator[tuple[float, str, Wish, UUID | None]]:
    """Yield what happens to an order after its placing: seconds since the step before, actor, rule, cause."""

    def hears(seconds: float, message: Message) -> tuple[float, str, Wish, UUID | None]:
        actor = message.type.partition(".")[0]
        return seconds, actor, lambda current: react(current, message), id_at(at)

    paid = {"order_id": order.id, "payment_id": payment_id, "amount": order.placed.total, "currency": CURRENCY}
    if ending == "rejected":
        yield hears(0.02, product.StockRefused(order_id=order.id, shortages=[]))
        return
    yield hears(0.02, product.StockReserved(order_id=order.id, expires_at=order.placed.hold_until))
    yield hears(0.03, payment.PaymentCaptured(**paid))
    if ending == "cancelled":
        yield 0.01, f"buyer:{order.placed.member_id}", lambda current: cancel(current, Reason.BUYER, ""), None
        yield hears(0.5, payment.PaymentCancelled(order_id=order.id, refunded=order.placed.total, currency=CURRENCY))
        yield hears(0.1, product.StockReleased(order_id=order.id))
        return
    yield hears(0.02, product.StockCommitted(order_id=order.id))
    parcel = {"shipment_id": id_at(at), "carrier": "sandbox", "tracking_number": f"{dice.randrange(10**12):012d}"}
    picked_up, handed_over = at + timedelta(hours=dice.uniform(2, 20)), at + timedelta(hours=dice.uniform(24, 60))
    yield hears(0.05, shipping.ShipmentCreated(order_id=order.id, **parcel))
    yield hears(
        (picked_up - at).total_seconds(), shipping.ShipmentDispatched(order_id=order.id, at=picked_up, **parcel)
    )
    yield hears(
        (handed_over - picked_up).total_seconds(),
        shipping.ShipmentDelivered(order_id=order.id, shipment_id=parcel["shipment_id"], at=handed_over),
    )
