"""The outbox: messages are stored in the transaction that causes them, and published after it.

The writer hands the rows of a committed transaction straight to the relay, so that the usual message needs no
query to be found; the sweep deletes what is published, and claims what a crash or a silent broker left behind: a
crash in between publishes a row again, under the same id. A row that the broker keeps refusing is parked, never
blocking the rest.
"""

import asyncio
import logging
import time
from uuid import UUID

from jangteo.kit.bus import Bus, Outgoing
from jangteo.kit.errors import JangteoError, Unavailable
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode
from jangteo.kit.postgres import EVERY_TENANT, Database, Hook, Transaction
from jangteo.kit.telemetry import metrics, traces

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
SHOW_SECONDS = 10.0
# A row this old was not published by its own process: that one died, or its broker did not answer.
LEFT_BEHIND_SECONDS = 5
CLAIM_SECONDS = 30
BATCH = 200
MAX_ATTEMPTS = 10

_DELETE = "DELETE FROM outbox WHERE id = ANY($1)"
_CLAIM = f"""
UPDATE outbox SET attempts = attempts + 1, claimed_until = now() + interval '{CLAIM_SECONDS} seconds'
WHERE id IN (
    SELECT id FROM outbox
    WHERE parked_at IS NULL AND claimed_until < now()
      AND created_at < now() - interval '{LEFT_BEHIND_SECONDS} seconds'
    ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING id, type, key, body, attempts
"""
# A younger row may be published already and wait for the sweep; more rows than this are not worth counting exactly.
_WAITING = """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest,
       (SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL) AS refused
FROM (SELECT created_at FROM outbox WHERE parked_at IS NULL AND created_at < now() - interval '2 seconds'
      ORDER BY id LIMIT 100000) waiting
"""


class Relay:
    """Publishes what the transactions of one database say."""

    def __init__(self, database: Database, bus: Bus, *, source: str) -> None:
        self._database = database
        self._bus = bus
        self._source = source
        self._fresh: list[Outgoing] = []
        self._published: list[UUID] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._show_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        database.use_outbox(self._write)

    async def start(self) -> None:
        """Begin to publish and to sweep."""
        self._tasks = [asyncio.create_task(self._publish_fresh()), asyncio.create_task(self._sweep())]

    async def stop(self) -> None:
        """Publish what is in hand and stop."""
        self._stopping = True
        self._wake.set()
        await asyncio.gather(*self._tasks)
        if self._published:
            await self._delete_published()

    def _write(self, transaction: Transaction, messages: list[Message]) -> tuple[list[Outgoing], Hook]:
        now, traceparent = transaction.clock.now(), traces.current_traceparent()
        rows = []
        for message in messages:
            id = new_id()
            body = encode(
                message,
                id=id,
                source=self._source,
                tenant=transaction.tenant,
                time=now,
                traceparent=traceparent,
            )
            rows.append(Outgoing(id=str(id), type=message.type, key=message.partition(), body=body))

        def hand_over() -> None:
            self._fresh.extend(rows)
            self._wake.set()

        return rows, hand_over

    async def _publish_fresh(self) -> None:
        while not (self._stopping and not self._fresh):
            if not self._fresh:
                await self._wake.wait()
            self._wake.clear()
            batch, self._fresh = self._fresh, []
            if batch:
                try:
                    await self._bus.publish(batch)
                    self._published.extend(UUID(row.id) for row in batch)
                except JangteoError:
                    log.warning("publishing %d messages failed; the sweep takes them", len(batch))

    async def _delete_published(self) -> None:
        try:
            async with self._database.system() as transaction:
                await transaction.execute(_DELETE, self._published)
        except Unavailable:
            log.warning("%d published rows stay in the outbox; a sweep takes them", len(self._published))

    async def _sweep(self) -> None:
        while not self._stopping:
            try:
                if time.monotonic() >= self._show_at:
                    self._show_at = time.monotonic() + SHOW_SECONDS
                    await self.show_waiting()
                swept = await self.sweep_once()
            except Unavailable:
                swept = 0
            except Exception:
                log.exception("the sweep of the outbox failed")
                swept = 0
            if swept < BATCH:
                await self._pause()

    async def _pause(self) -> None:
        # In steps, so that a stop does not wait for the whole of it.
        for _ in range(round(SWEEP_SECONDS / 0.25)):
            if self._stopping:
                return
            await asyncio.sleep(0.25)

    async def show_waiting(self) -> None:
        """Tell the metrics how much waits, and for how long; 100,000 stands for any more. Raises Unavailable."""
        async with self._database.read(EVERY_TENANT) as reader:
            row = await reader.fetchrow(_WAITING)
        if row is not None:
            metrics.outbox(row["waiting"], row["oldest"], row["refused"])

    async def sweep_once(self) -> int:
        """Delete what was published, then publish rows left behind, at most one batch; return how many were claimed.

        Raises Unavailable where the database or the broker does not answer; the claim then runs out by itself.
        """
        published, self._published = self._published, []
        async with self._database.system() as transaction:
            if published:
                await transaction.execute(_DELETE, published)
            rows = await transaction.fetch(_CLAIM)
        if not rows:
            return 0
        # RETURNING gives them as they lie on the disk; ids sort by time, and what was said first should arrive first.
        rows.sort(key=_id_of)
        try:
            await self._bus.publish([_outgoing(row) for row in rows])
        except Unavailable:
            await self._unclaim([row["id"] for row in rows])
            raise
        except JangteoError:
            await self._publish_one_by_one(rows)
            return len(rows)
        async with self._database.system() as transaction:
            await transaction.execute(_DELETE, [row["id"] for row in rows])
        return len(rows)

    async def _unclaim(self, ids: list[UUID]) -> None:
        # A silent broker is not the row's fault: it neither counts as an attempt nor waits for the claim to end.
        async with self._database.system() as transaction:
            await transaction.execute(
                "UPDATE outbox SET attempts = attempts - 1, claimed_until = now() WHERE id = ANY($1)", ids
            )

    async def _publish_one_by_one(self, rows: list[dict[str, object]]) -> None:
        for row in rows:
            try:
                await self._bus.publish([_outgoing(row)])
                statement = "DELETE FROM outbox WHERE id = $1"
            except Unavailable:
                continue
            except JangteoError as error:
                if int(str(row["attempts"])) < MAX_ATTEMPTS:
                    continue
                log.error("message %s (%s) is parked in the outbox: %s", row["id"], row["type"], error)
                metrics.outbox_parked(str(row["type"]))
                statement = "UPDATE outbox SET parked_at = now() WHERE id = $1"
            async with self._database.system() as transaction:
                await transaction.execute(statement, row["id"])


def _id_of(row: dict[str, object]) -> str:
    return str(row["id"])


def _outgoing(row: dict[str, object]) -> Outgoing:
    body = row["body"]
    assert isinstance(body, bytes)  # noqa: S101  (the column is bytea)
    return Outgoing(id=str(row["id"]), type=str(row["type"]), key=str(row["key"]), body=body)
