"""Webhooks that arrive: queued in the same transaction as what they tell of, sent until the receiver has them."""

import asyncio
import contextlib
import heapq
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from jangteo.kit.clock import unix_now
from jangteo.sandbox import signature
from jangteo.sandbox.database import Database

TIMER_GRAIN = 0.002
log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BLOB NOT NULL,
    forged INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    status INTEGER,
    error TEXT,
    created_at REAL NOT NULL,
    finished_at REAL
);
CREATE INDEX IF NOT EXISTS webhook_deliveries_waiting ON webhook_deliveries (due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS webhook_deliveries_subject ON webhook_deliveries (subject);
"""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks go and how patiently; times in seconds."""

    url: str
    secret: str
    retry_first: float = 1.0
    retry_most: float = 60.0
    give_up_after: float = 3 * 86400.0
    attempt_timeout: float = 10.0
    at_once: int = 16


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the delivery log. `state`: waiting, delivered, refused (a forged one, as it should be), abandoned."""

    id: int
    event_id: str
    type: str
    subject: str
    forged: bool
    state: str
    attempts: int
    status: int | None
    error: str | None


class Deliveries:
    """The queue, its sender and its log. Those of one subject go one after the other, those of several at once."""

    def __init__(self, database: Database, schedule: Schedule, now: Callable[[], float] = unix_now) -> None:
        self._database = database
        self._schedule = schedule
        self._now = now
        self._due: list[tuple[float, int, str]] = []
        self._behind: dict[str, deque[int]] = {}  # a subject is in here while one of its own is being sent
        self._tasks: set[asyncio.Task[None]] = set()
        self._watched: dict[int, asyncio.Future[None]] = {}
        self._wake = asyncio.Event()

    def queue(self, event_id: str, kind: str, subject: str, body: bytes, due_at: float, forged: bool = False) -> int:
        """Add a delivery to the present transaction, due at `due_at` (unix seconds); return its id.

        A forged one carries a bad signature and is over with any answer.
        """
        cursor = self._database.execute(
            "INSERT INTO webhook_deliveries (event_id, type, subject, body, forged, due_at, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(event_id, kind, subject, body, forged, due_at, self._now()),
        )
        delivery_id = cursor.lastrowid or 0
        self._database.after_commit(lambda: self._add(due_at, delivery_id, subject))
        return delivery_id

    async def first_attempt(self, delivery_id: int) -> None:
        """Wait until the delivery was tried once, whatever came of it."""
        watcher = self._watched.setdefault(delivery_id, asyncio.get_running_loop().create_future())
        await asyncio.wait([watcher])

    async def run(self) -> None:
        """Send what is due, for ever; begins with what an earlier life left behind."""
        waiting = self._database.rows("SELECT due_at, id, subject FROM webhook_deliveries WHERE state = 'waiting'")
        self._due = list(waiting)
        heapq.heapify(self._due)
        timeout = aiohttp.ClientTimeout(total=self._schedule.attempt_timeout)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                while True:
                    self._wake.clear()
                    self._start_due(session)
                    await self._sleep()
            finally:
                # What is on its way is cut off and sent again in the next life: the receiver knows it by its id.
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                for watcher in self._watched.values():
                    watcher.cancel()

    def recent(self, *, subject: str = "", state: str = "", after: int = 0, limit: int = 100) -> list[Delivery]:
        """Return up to `limit` lines of the log with an id above `after`, oldest first."""
        used = {name: value for name, value in {"subject": subject, "state": state}.items() if value}
        where = "".join(f" AND {name} = ?" for name in used)
        rows = self._database.rows(
            f"SELECT {', '.join(Delivery.__struct_fields__)} FROM webhook_deliveries"
            f" WHERE id > ?{where} ORDER BY id LIMIT ?",
            *(after, *used.values(), limit),
        )
        return [_line(*row) for row in rows]

    def forget(self, before: float) -> None:
        """Remove from the log what was over before `before` (unix seconds)."""
        self._database.execute("DELETE FROM webhook_deliveries WHERE finished_at < ?", before)

    def _add(self, due_at: float, delivery_id: int, subject: str) -> None:
        heapq.heappush(self._due, (due_at, delivery_id, subject))
        if self._due[0][1] == delivery_id:
            self._wake.set()

    def _start_due(self, session: aiohttp.ClientSession) -> None:
        now = self._now()
        while self._due and self._due[0][0] <= now and len(self._tasks) < self._schedule.at_once:
            _, delivery_id, subject = heapq.heappop(self._due)
            if subject in self._behind:
                self._behind[subject].append(delivery_id)
                continue
            self._behind[subject] = deque([delivery_id])
            task = asyncio.create_task(self._send_in_order(session, subject))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if len(self._tasks) == self._schedule.at_once - 1:
            self._wake.set()
        if not task.cancelled() and task.exception():
            log.error("sending webhooks failed", exc_info=task.exception())

    async def _sleep(self) -> None:
        if len(self._tasks) >= self._schedule.at_once:
            delay = None
        else:
            # A little longer: the loop's timers are of whole milliseconds, and one that is early is a turn for nothing.
            delay = max(0.0, self._due[0][0] - self._now()) + TIMER_GRAIN if self._due else None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay)

    async def _send_in_order(self, session: aiohttp.ClientSession, subject: str) -> None:
        queue = self._behind[subject]
        try:
            while queue:
                await self._attempt(session, queue[0], subject)
                queue.popleft()
        finally:
            del self._behind[subject]
            for delivery_id in queue:  # only a full disk or the like leaves any
                self._add(self._now() + self._schedule.retry_most, delivery_id, subject)

    async def _attempt(self, session: aiohttp.ClientSession, delivery_id: int, subject: str) -> None:
        row = self._database.row(
            "SELECT body, forged, attempts, created_at FROM webhook_deliveries WHERE id = ?", delivery_id
        )
        if row is None:
            return
        body, forged, attempts, created_at = row
        status, error = await self._post(session, body, bool(forged))
        now = self._now()
        state = _state_after(status, bool(forged), now - created_at > self._schedule.give_up_after)
        due_at = now + min(self._schedule.retry_first * 2 ** min(attempts, 30), self._schedule.retry_most)
        self._database.execute(
            "UPDATE webhook_deliveries SET state = ?, attempts = attempts + 1, due_at = ?, status = ?, error = ?,"
            " finished_at = ? WHERE id = ?",
            *(state, due_at, status, error, None if state == "waiting" else now, delivery_id),
        )
        if state == "waiting":
            self._add(due_at, delivery_id, subject)
        watcher = self._watched.pop(delivery_id, None)
        if watcher is not None and not watcher.done():
            watcher.set_result(None)

    async def _post(self, session: aiohttp.ClientSession, body: bytes, forged: bool) -> tuple[int | None, str | None]:
        now = self._now()
        proof = signature.forge(body, now) if forged else signature.sign(self._schedule.secret, body, now)
        headers = {"Content-Type": "application/json", signature.HEADER: proof}
        try:
            async with session.post(self._schedule.url, data=body, headers=headers, allow_redirects=False) as response:
                await response.read()
                return response.status, None
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, type(error).__name__


def _state_after(status: int | None, forged: bool, too_old: bool) -> str:
    if status is not None and 200 <= status < 300:
        return "delivered"
    if forged and status is not None:
        return "refused"
    return "abandoned" if too_old else "waiting"


def _line(*row: Any) -> Delivery:
    names = Delivery.__struct_fields__
    return msgspec.convert(dict(zip(names, row, strict=True)), Delivery, strict=False)
