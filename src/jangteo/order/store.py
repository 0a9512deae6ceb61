"""The only writes: an order's new events, its view, its deadlines and what it says, in one transaction.

An order that was saved here a moment ago is not read again for its next message: what is appended to a state that
somebody else has changed meanwhile is refused, and the order forgotten.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.errors import NotFound
from jangteo.kit.eventstore import DomainEvent, EventStore, Recorded
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import ConcurrentUpdate, Reader, Transaction
from jangteo.order.domain.events import EVENTS
from jangteo.order.domain.order import Order
from jangteo.order.domain.saga import awaiting, outgoing
from jangteo.order.domain.upcasting import UPCASTERS
from jangteo.order.statements import saving
from jangteo.order.states import State
from jangteo.order.story import Story, View, stored, told, view
from jangteo.order.tallies import Tally, tallies

STREAMS = EventStore(EVENTS, UPCASTERS)

# The kinds of deadlines: until when it can be paid, and when an answer of another service is late.
PAYMENT, ANSWER = "payment", "answer"

REMEMBERED = 500
Changed = Callable[[View], None]


class OrderUnknown(NotFound):
    """There is no such order, or it is somebody else's."""

    code = "order.unknown"
    ko = "주문을 찾을 수 없습니다."
    en = "There is no such order."


class NumberTaken(ConcurrentUpdate):
    """Another order of the shop was given the same number; a new one will do."""

    code = "order.number_taken"


class Orders:
    """Loads and saves orders; `changed` is told of every new view after its commit."""

    def __init__(self, answer_seconds: float, changed: Changed) -> None:
        self._answer_seconds = answer_seconds
        self._changed = changed
        self._recent: dict[tuple[str, UUID], Story] = {}

    def recall(self, tenant: str, order_id: UUID) -> Story | None:
        """Return an order as this process saved it a moment ago: good to append to, not to conclude nothing from."""
        return self._recent.get((tenant, order_id))

    async def load(self, reader: Reader, order_id: UUID) -> Story:
        """Return the order. Raises OrderUnknown."""
        recorded = await STREAMS.load(reader, order_id)
        if not recorded:
            raise OrderUnknown()
        return told(order_id, recorded)

    async def save(
        self,
        transaction: Transaction,
        order_id: UUID,
        before: Story | None,
        events: Sequence[DomainEvent],
        *,
        actor: str,
        at: datetime,
    ) -> Story:
        """Append `events`, send what follows from them, and return the order as it is then.

        Raises ConcurrentUpdate where somebody else was first, NumberTaken; the transaction is then lost.
        """
        if before is not None and not events:
            return before
        recorded = _recorded(before, events, actor, at, transaction.cause)
        after = told(order_id, recorded, before)
        row = view(after)
        transaction.send(*outgoing(before.order if before is not None else None, events, after.order))
        await self._write(transaction, before, after, row, recorded)
        transaction.after_commit(lambda: self._saved(transaction.tenant, after, row))
        return after

    def _saved(self, tenant: str, after: Story, row: View) -> None:
        self._recent[tenant, row.order_id] = after
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        self._changed(row)

    async def _write(
        self, transaction: Transaction, before: Story | None, after: Story, row: View, recorded: Sequence[Recorded]
    ) -> None:
        had = self._due(before.order, after.last_at) if before is not None else {}
        has = self._due(after.order, after.last_at)
        new = {kind: due for kind, due in has.items() if kind not in had}
        gone = [kind for kind in had if kind not in has]
        values: list[Any] = [
            *(*stored(row), transaction.tenant, before.version if before is not None else 0),
            [new_id() for _ in recorded],
            [record.event.type for record in recorded],
            [msgspec.json.encode(record.event).decode() for record in recorded],
            *(recorded[0].actor, recorded[0].cause),
        ]
        if has_deadlines := bool(new or gone):
            values += [list(new), list(new.values()), gone]
        counted = _counted(before, after, recorded)
        if counted:
            values += zip(*counted, strict=True)
        statement = saving(
            status=before is None or before.order.state is not after.order.state,
            deadlines=has_deadlines,
            tallies=bool(counted),
        )
        # Kept only by what is committed: whoever fails from here on reads the order again.
        self._recent.pop((transaction.tenant, row.order_id), None)
        try:
            await transaction.execute_last(statement, *values)
        except asyncpg.UniqueViolationError as error:
            raise (NumberTaken if error.constraint_name == "order_numbers" else ConcurrentUpdate)() from None
        except asyncpg.NotNullViolationError as error:
            if error.column_name != "version":
                raise
            raise ConcurrentUpdate() from None

    def _due(self, order: Order, now: datetime) -> dict[str, datetime]:
        """Return the deadlines that an order has; one that stays is not moved, the sweep does that."""
        due = {}
        if order.state in (State.PLACED, State.RESERVED):
            due[PAYMENT] = order.placed.pay_until
        if awaiting(order):
            due[ANSWER] = now + timedelta(seconds=self._answer_seconds)
        return due


def _counted(before: Story | None, after: Story, recorded: Sequence[Recorded]) -> list[Tally]:
    return tallies(
        before.order if before is not None else None,
        [record.event for record in recorded],
        after.order,
        at=recorded[0].at,
        placed_at=after.timeline[0].at,
    )


def _recorded(
    before: Story | None, events: Sequence[DomainEvent], actor: str, at: datetime, cause: UUID | None
) -> list[Recorded]:
    version = before.version if before is not None else 0
    return [Recorded(version + index, event, at, actor, cause) for index, event in enumerate(events, start=1)]
