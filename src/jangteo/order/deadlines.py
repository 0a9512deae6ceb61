"""The one periodic task: ends orders that are not paid in time, and asks again where an answer is late.

A due row is claimed by moving its time a little on (SKIP LOCKED: replicas share the work), then handled in a
transaction of its tenant. What a crash leaves unhandled is due again when the claim runs out.
"""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from prometheus_client import Counter, Gauge

from jangteo.kit.errors import Unavailable
from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.order.domain.requests import expire
from jangteo.order.domain.saga import awaiting
from jangteo.order.states import State
from jangteo.order.store import ANSWER, PAYMENT, Orders
from jangteo.order.story import Story

log = logging.getLogger(__name__)

BATCH = 100
CLAIM = timedelta(seconds=20)
# After so many repetitions of a question somebody has to look.
ALARM_TRIES = 4
LONGEST_PAUSE_SECONDS = 600.0
COUNT_SECONDS = 15.0

_repeated = Counter("order_questions_repeated_total", "Commands sent again because their answer is late", ["type"])
_stuck = Gauge("order_sagas_stuck", "Orders whose saga got no answer to a question repeated several times")

_SOME_DUE = "SELECT EXISTS (SELECT FROM deadlines WHERE due_at <= $1)"
_CLAIM = f"""
UPDATE deadlines SET due_at = $2
WHERE (order_id, kind) IN (
    SELECT order_id, kind FROM deadlines WHERE due_at <= $1 ORDER BY due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING tenant, order_id, kind, due_at, tries, seen_version
"""
# One that was made anew since it was claimed is another deadline, of a question that this sweep knows nothing of.
_CLAIMED = "order_id = $1 AND kind = $2 AND due_at = $3"
_MOVE = f"UPDATE deadlines SET due_at = $4, tries = $5, seen_version = $6 WHERE {_CLAIMED}"
_DROP = f"DELETE FROM deadlines WHERE {_CLAIMED}"
_COUNT = "SELECT count(*) FROM deadlines WHERE tries >= $1"


class Due(NamedTuple):
    """A deadline that has come, claimed until `until`. `tries` counts how often it was asked since `seen_version`."""

    tenant: str
    order_id: UUID
    kind: str
    until: datetime
    tries: int
    seen_version: int

    @property
    def claimed(self) -> tuple[UUID, str, datetime]:
        """Return what finds it, unless it was made anew."""
        return self.order_id, self.kind, self.until


class Deadlines:
    """Watches over the deadlines of all orders."""

    def __init__(self, database: Database, orders: Orders, *, answer_seconds: float, sweep_seconds: float) -> None:
        self._database = database
        self._orders = orders
        self._answer_seconds = answer_seconds
        self._sweep_seconds = sweep_seconds
        self._counted_at: datetime | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is in hand, and stop; what else was claimed is due again when the claim runs out."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def sweep(self) -> int:
        """Handle what is due, a batch at most, and return how many deadlines there were. Raises Unavailable."""
        now = self._database.clock.now()
        await self._count(now)
        async with self._database.read(EVERY_TENANT) as reader:
            if not await reader.fetchval(_SOME_DUE, now):
                return 0
        async with self._database.system() as transaction:
            claimed = [Due(*row) for row in await transaction.fetch(_CLAIM, now, now + CLAIM)]
        for due in claimed:
            if self._stopping.is_set():
                break
            try:
                await self._handle(due)
            except Unavailable as error:
                log.warning("the deadline %s of order %s waits: %s", due.kind, due.order_id, error)
            except Exception:
                log.exception("the deadline %s of order %s failed", due.kind, due.order_id)
        return len(claimed)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                handled = await self.sweep()
            except Unavailable as error:
                log.warning("the sweep of the deadlines waits: %s", error)
                handled = 0
            except Exception:
                log.exception("the sweep of the deadlines failed")
                handled = 0
            if handled < BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._sweep_seconds)

    async def _handle(self, due: Due) -> None:
        async with self._database.transaction(due.tenant) as transaction:
            story = await self._orders.load(transaction, due.order_id)
            if due.kind == PAYMENT:
                await self._end_unpaid(transaction, story, due)
            elif due.kind == ANSWER:
                await self._ask_again(transaction, story, due)

    async def _end_unpaid(self, transaction: Transaction, story: Story, due: Due) -> None:
        now = transaction.clock.now()
        events = expire(story.order, now)
        if events:
            await self._orders.save(transaction, due.order_id, story, events, actor="clock", at=now)
        elif story.order.state in (State.PLACED, State.RESERVED):
            pay_until = story.order.placed.pay_until
            await transaction.execute(_MOVE, *due.claimed, pay_until, 0, story.version)
        else:
            await transaction.execute(_DROP, *due.claimed)

    async def _ask_again(self, transaction: Transaction, story: Story, due: Due) -> None:
        questions, now = awaiting(story.order), transaction.clock.now()
        if not questions:
            await transaction.execute(_DROP, *due.claimed)
            return
        tries = due.tries if due.seen_version == story.version else 0
        patience_ends = story.last_at + self._pause(0)
        if tries == 0 and patience_ends > now:
            await transaction.execute(_MOVE, *due.claimed, patience_ends, 0, story.version)
            return
        tries += 1
        if not await transaction.execute(_MOVE, *due.claimed, now + self._pause(tries), tries, story.version):
            return
        transaction.send(*questions)
        for question in questions:
            _repeated.labels(question.type).inc()
        types = ", ".join(question.type for question in questions)
        level = logging.ERROR if tries >= ALARM_TRIES else logging.WARNING
        log.log(level, "order %s asks again (%d): %s", due.order_id, tries, types)

    def _pause(self, tries: int) -> timedelta:
        return timedelta(seconds=min(self._answer_seconds * 2**tries, LONGEST_PAUSE_SECONDS))

    async def _count(self, now: datetime) -> None:
        if self._counted_at is not None and now - self._counted_at < timedelta(seconds=COUNT_SECONDS):
            return
        self._counted_at = now
        async with self._database.read(EVERY_TENANT) as reader:
            _stuck.set(await reader.fetchval(_COUNT, ALARM_TRIES))
