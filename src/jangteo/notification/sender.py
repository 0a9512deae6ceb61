"""The sender: takes notices that are due, asks where to, writes and hands over the mail, and notes how it ended."""

import asyncio
import contextlib
import logging
import random
from datetime import timedelta

from prometheus_client import Counter

from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.postgres import Database
from jangteo.notification import store
from jangteo.notification.clients import Directory
from jangteo.notification.domain import Outcome, retry_delay
from jangteo.notification.mail import AddressUnusable, Mail, MailWriter
from jangteo.notification.smtp import Mailer, MailRefused, RecipientRefused
from jangteo.notification.store import Due

log = logging.getLogger(__name__)

# How soon the notices of other processes are seen; own ones are sent when they are due.
SWEEP_SECONDS = 5.0
# Mails come in bursts: one look for several costs less than several looks.
GATHER_SECONDS = 0.05
# They are marked together, so this many may be sent again, as the same mails, after a crash.
BATCH = 16
PARALLEL = 4
# In units of what one mail may take. A mail is not begun with less than one of them left of its lease.
LEASE_FACTOR = 3
MARK_AGAIN_SECONDS = 0.5

_told = Counter("notifications_total", "Notices by template and by what became of them", ["template", "outcome"])


class Sender:
    """Sends what is due until it is stopped."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        writer: MailWriter,
        mailer: Mailer,
        *,
        send_seconds: float,
    ) -> None:
        self._database = database
        self._directory = directory
        self._writer = writer
        self._mailer = mailer
        self._send_seconds = send_seconds
        self._lease = timedelta(seconds=LEASE_FACTOR * send_seconds)
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(PARALLEL)

    def wake(self) -> None:
        """Look for due notices soon."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run(), name="mail sender")

    async def stop(self) -> None:
        """Finish the mails in hand and stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping:
            try:
                pause = await self._send_due()
            except Unavailable:
                pause = SWEEP_SECONDS
            except Exception:
                log.exception("sending failed; it goes on")
                pause = SWEEP_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            if not self._stopping:
                await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()

    async def _send_due(self) -> float:
        """Send one batch of what is due, and return for how long nothing else will be, in seconds."""
        batch, next_at = await store.lease_due(self._database, self._lease, BATCH)
        if batch:
            outcomes = await asyncio.gather(*(self._in_turn(due) for due in batch))
            await self._mark(outcomes)
            return 0
        if next_at is None:
            return SWEEP_SECONDS
        return min(max((next_at - self._database.clock.now()).total_seconds(), 0.0), SWEEP_SECONDS)

    async def _in_turn(self, due: Due) -> Outcome:
        async with self._slots:
            now = self._database.clock.now()
            if self._stopping or now + timedelta(seconds=self._send_seconds) > due.leased_until:
                return Outcome(due.id, "pending", due_at=now)
            if due.expires_at <= now:
                return _end(due, "expired")
            return await self._send(due)

    async def _send(self, due: Due) -> Outcome:
        try:
            async with asyncio.timeout(self._send_seconds):
                mail = await self._write(due)
                await self._mailer.send(mail)
        except (NotFound, RecipientRefused, MailRefused, AddressUnusable) as error:
            return _end(due, "dropped", error=error.code)
        except Unavailable as error:
            return self._again(due, error.code)
        except TimeoutError:
            return self._again(due, "timeout")
        except Exception as error:
            log.exception("notice %s (%s) cannot be written; it is tried again", due.id, due.template)
            return self._again(due, type(error).__name__)
        return _end(due, "sent", subject=mail.subject)

    async def _write(self, due: Due) -> Mail:
        contact = await self._directory.contact(due.tenant, due.member_id)
        order = await self._directory.order(due.tenant, due.order_id) if due.order_id else None
        now = self._database.clock.now()
        return self._writer.write(due.id, due.tenant, due.template, contact, order, due.facts, now)

    def _again(self, due: Due, error: str) -> Outcome:
        _told.labels(due.template, "retried").inc()
        pause = retry_delay(due.attempts, random.random())  # noqa: S311  (spreads load, guards nothing)
        return Outcome(due.id, "pending", error=error, due_at=self._database.clock.now() + pause)

    async def _mark(self, outcomes: list[Outcome]) -> None:
        """Write down how it ended, for as long as that can keep a sent mail from being sent again."""
        last = self._database.clock.now() + self._lease
        while outcomes:
            try:
                await store.mark(self._database, outcomes)
                return
            except Unavailable:
                if self._stopping or self._database.clock.now() > last:
                    raise
                await asyncio.sleep(MARK_AGAIN_SECONDS)


def _end(due: Due, status: str, *, subject: str = "", error: str = "") -> Outcome:
    _told.labels(due.template, status).inc()
    return Outcome(due.id, status, subject=subject, error=error)
