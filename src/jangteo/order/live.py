"""Waiting for an order: until it settles, for a client that prefers to wait, or all along, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec

from jangteo.kit.process import is_stopping
from jangteo.order.answers import entry
from jangteo.order.desk import Desk
from jangteo.order.domain.refund import RefundState
from jangteo.order.queries import find
from jangteo.order.states import TERMINAL, State
from jangteo.order.story import View
from jangteo.order.wording import STATUSES

LONGEST_WAIT_SECONDS = 10.0
# Changes by other processes that the bus does not tell of (a buyer's confirmation, say) are found by looking.
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
# A stream is ended now and then: the client resumes, perhaps at another replica.
LONGEST_STREAM_SECONDS = 900.0
RETRY_MILLISECONDS = 2000

_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,4})\"?(?:$|[,;\s])", re.IGNORECASE)
_UNDER_WAY = frozenset({State.PLACED, State.AUTHORISED, State.CANCELLING})


def preferred_wait(prefer: str | None) -> float:
    """Return how many seconds a client prefers to wait (RFC 7240 §4.3), at most 10; 0 where it does not say."""
    match = _PREFER_WAIT.search(prefer or "")
    return min(float(match[1]), LONGEST_WAIT_SECONDS) if match else 0.0


def is_settled(view: View) -> bool:
    """Say whether the next move is a person's, a parcel's or nobody's."""
    if any(refund.state is RefundState.REQUESTED for refund in view.body.refunds) and view.status != State.CANCELLED:
        return False
    if view.status == State.RESERVED:
        return view.body.payment.stage != "chosen"
    return view.status not in _UNDER_WAY


async def settled(desk: Desk, tenant: str, order_id: UUID, seconds: float) -> View:
    """Return the order once it is settled, or as it is after `seconds`. Raises OrderUnknown."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    async with desk.watch.of(order_id) as watcher:
        view = desk.watch.recent(order_id) or await find(desk.database, tenant, order_id)
        while not is_settled(view) and (left := deadline - loop.time()) > 0 and not is_stopping():
            view = await watcher.wait(min(left, LOOK_SECONDS)) or await find(desk.database, tenant, order_id)
        return view


async def stream(desk: Desk, tenant: str, view: View, last_seen: int, language: str) -> AsyncIterator[bytes]:
    """Yield server-sent events: the present state, or what followed version `last_seen`; then each change.

    Ends with the order, when this process has to stop, or after a quarter of an hour. Silence is broken by comments.
    One that begins after the delivery goes on: money may still be given back.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LONGEST_STREAM_SECONDS
    async with desk.watch.of(view.order_id) as watcher:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        # Read again: the order may have changed before it was watched.
        view = await find(desk.database, tenant, view.order_id)
        if not 0 < last_seen <= view.version:
            yield _event(view, view.version, language)
            last_seen = view.version
        ends = TERMINAL if view.status not in TERMINAL else TERMINAL - {State.DELIVERED}
        quiet = 0.0
        while True:
            for point in view.body.timeline:
                if point.version > last_seen:
                    yield _event(view, point.version, language)
                    last_seen, quiet = point.version, 0.0
            if view.status in ends or loop.time() > ends_at or is_stopping():
                return
            if quiet >= HEARTBEAT_SECONDS:
                yield b": still here\n\n"
                quiet = 0.0
            started = loop.time()
            view = await watcher.wait(LOOK_SECONDS) or await find(desk.database, tenant, view.order_id)
            quiet += loop.time() - started


def _event(view: View, version: int, language: str) -> bytes:
    point = entry(view.body.timeline[version - 1], language)
    data = {
        "order_id": view.order_id,
        "order_number": view.number,
        "status": point.status,
        "status_label": STATUSES[point.status].get(language),
        "version": point.version,
        "at": point.at,
        "what": point.what,
        "label": point.label,
        "amount": point.amount,
    }
    return b"id: %d\nevent: status\ndata: %s\n\n" % (version, msgspec.json.encode(data))
