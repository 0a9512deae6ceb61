"""The story of an order, told from its events: what it is now, its time line, and the row from which it is read.

The row is a projection: made of nothing but the events, so that it can be thrown away and made again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from jangteo.kit.eventstore import Recorded
from jangteo.order.domain.events import Delivery, Line
from jangteo.order.domain.order import Order, Shipment, evolve
from jangteo.order.domain.refund import Refunds
from jangteo.order.domain.requests import is_cancellable


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the time line: what happened, the status that the order had then, the money that it was about."""

    version: int
    at: datetime
    what: str
    status: str
    actor: str
    amount: int = 0


class PaymentState(msgspec.Struct, frozen=True, kw_only=True):
    """How paying goes: `stage` is that of the last attempt, or `none`."""

    stage: str
    payment_id: UUID | None = None
    reason: str = ""
    url: str = ""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The stored part of a view; address and note are sealed."""

    currency: str
    lines: tuple[Line, ...]
    items_total: int
    delivery: Delivery
    vat: int
    pay_until: datetime
    payment: PaymentState
    shipment: Shipment | None
    delivered_at: datetime | None
    refunded: int
    reason: str
    note: str
    cancel_refused: bool
    cancellable: bool
    address: str
    timeline: tuple[Entry, ...]
    refunds: Refunds = ()


class View(NamedTuple):
    """A row of `order_views`."""

    order_id: UUID
    member_id: UUID
    number: str
    status: str
    version: int
    total: int
    placed_at: datetime
    updated_at: datetime
    body: Body


class Story(NamedTuple):
    """An order and how it came to be what it is."""

    order: Order
    timeline: tuple[Entry, ...]

    @property
    def version(self) -> int:
        """Return the version of the stream."""
        return self.timeline[-1].version

    @property
    def last_at(self) -> datetime:
        """Return when the last event happened."""
        return self.timeline[-1].at


def told(order_id: UUID, recorded: Iterable[Recorded], before: Story | None = None) -> Story:
    """Return the story after the events `recorded`, which follow those of `before`."""
    order, timeline = (before.order, list(before.timeline)) if before is not None else (None, [])
    for record in recorded:
        order = evolve(order, order_id, record.event)
        what = record.event.type.rpartition("/")[0].removeprefix("order.")
        timeline.append(
            Entry(
                version=record.version,
                at=record.at,
                what=what,
                status=order.state.value,
                actor=record.actor,
                amount=getattr(record.event, "amount", 0),
            )
        )
    if order is None:
        raise ValueError(f"order {order_id} has no events")
    return Story(order, tuple(timeline))


def view(story: Story) -> View:
    """Return the row of an order."""
    order, placed = story.order, story.order.placed
    body = Body(
        currency=placed.currency,
        lines=placed.lines,
        items_total=placed.items_total,
        delivery=placed.delivery,
        vat=placed.vat,
        pay_until=placed.pay_until,
        payment=_payment(order),
        shipment=order.shipment,
        delivered_at=order.delivered_at,
        refunded=order.refunded,
        reason=order.cancel_reason or order.reject_reason,
        note=order.cancel_note,
        cancel_refused=order.cancel_refused,
        cancellable=is_cancellable(order),
        address=placed.address,
        timeline=story.timeline,
        refunds=order.refunds,
    )
    first, last = story.timeline[0], story.timeline[-1]
    return View(
        order.id,
        placed.member_id,
        placed.number,
        order.state.value,
        last.version,
        placed.total,
        first.at,
        last.at,
        body,
    )


def stored(row: View) -> Sequence[object]:
    """Return the columns of a row as the database takes them, without the tenant."""
    return (*row[:-1], msgspec.json.encode(row.body).decode())


_body = msgspec.json.Decoder(Body)


def read(columns: Sequence[object]) -> View:
    """Return a row as the database gave it; the inverse of `stored`."""
    return View._make([*columns[:-1], _body.decode(str(columns[-1]))])


def _payment(order: Order) -> PaymentState:
    attempt = order.attempt
    if attempt is None:
        return PaymentState(stage="none")
    return PaymentState(
        stage=attempt.stage.value, payment_id=attempt.payment_id, reason=attempt.reason, url=attempt.url
    )
