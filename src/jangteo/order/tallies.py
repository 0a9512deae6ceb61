"""What an order's events add to the statistics of the hours in which they happened: pure sums, nobody's data.

A tally is stored in the transaction of its events, so that it counts exactly once, and can be made again from them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jangteo.kit.eventstore import DomainEvent, Recorded
from jangteo.order.domain import events as happened
from jangteo.order.domain.order import Order, evolve


class Tally(NamedTuple):
    """What is added to one hour; sums in minor units.

    `converted` is counted in the hour in which the order was placed, whenever it was paid: so it is never more than
    `placed`. `refunded` is all that was given back, by refunds and by cancellations.
    """

    hour: datetime
    placed: int = 0
    placed_total: int = 0
    paid: int = 0
    sales: int = 0
    converted: int = 0
    cancelled: int = 0
    rejected: int = 0
    refunded: int = 0

    @property
    def counts(self) -> tuple[int, ...]:
        """Return what is added, without the hour, in the order of `COUNTS`."""
        return self[1:]


COUNTS = Tally._fields[1:]


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of an hour: the same in UTC and in Seoul, which lies nine whole hours apart."""
    return moment.replace(minute=0, second=0, microsecond=0)


def tallies(
    before: Order | None, events: Sequence[DomainEvent], after: Order, *, at: datetime, placed_at: datetime
) -> list[Tally]:
    """Return what `events`, which happened at `at`, add; nothing where they count for nothing."""
    captured = [event.amount for event in events if isinstance(event, happened.PaymentCaptured)]
    placed = [event.total for event in events if isinstance(event, happened.OrderPlaced)]
    tally = Tally(
        hour=hour_of(at),
        placed=len(placed),
        placed_total=sum(placed),
        paid=len(captured),
        sales=sum(captured),
        cancelled=sum(isinstance(event, happened.Cancelled) for event in events),
        rejected=sum(isinstance(event, happened.Rejected) for event in events),
        refunded=after.refunded - (before.refunded if before is not None else 0),
    )
    found = [tally] if any(tally.counts) else []
    return [*found, Tally(hour=hour_of(placed_at), converted=len(captured))] if captured else found


def of_stream(order_id: UUID, recorded: Iterable[Recorded]) -> list[Tally]:
    """Return all that the events of one order add, in the order in which they happened."""
    order: Order | None = None
    placed_at: datetime | None = None
    found = []
    for record in recorded:
        placed_at = placed_at or record.at
        after = evolve(order, order_id, record.event)
        found += tallies(order, [record.event], after, at=record.at, placed_at=placed_at)
        order = after
    return found
