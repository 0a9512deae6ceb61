"""The sender: takes notices that are due, asks where to, writes and hands over the mail, and notes how it ended.

A notice of this process's own making comes from its transaction under a lease, without a look at the database; what
failed, and what a process left that died, is found by looking.
"""

import asyncio
import contextlib
import logging
import random
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from jangteo.contracts.user import Contact
from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.postgres import Database
from jangteo.notification import store
from jangteo.notification.clients import Directory
from jangteo.notification.domain import Outcome, retry_delay
from jangteo.notification.mail import AddressUnusable, Mail, MailWriter
from jangteo.notification.smtp import Mailer, MailRefused, RecipientRefused
from jangteo.notification.store import Due

log = logging.getLogger(__name__)

# How soon the notices of other processes are seen; own ones are sent when they come or are due.
SWEEP_SECONDS = 5.0
# Mails come in bursts: one look for several costs less than several looks.
GATHER_SECONDS = 0.05
# They are marked together, so this many may be sent again, as the same mails, after a crash.
BATCH = 16
PARALLEL = 4
# In units of what one mail may take. A mail is not begun with less than one of them left of its lease. One that was
# handed over waits for few others, and should not wait long for its process to be known as dead.
LEASE_FACTOR = 3
OWN_LEASE_FACTOR = 1.5
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
        self._own_lease = timedelta(seconds=OWN_LEASE_FACTOR * send_seconds)
        self._taken: list[Due] = []
        self._look_at = database.clock.now()
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(PARALLEL)

    def wake(self) -> None:
        """Look for due notices soon."""
        self._look_at = self._database.clock.now()
        self._wake.set()

    def lease(self, now: datetime) -> datetime | None:
        """Return until when a notice made now is taken care of by `take`, or None where too many wait already."""
        return now + self._own_lease if len(self._taken) < BATCH else None

    def take(self, due: Due) -> None:
        """Send a notice that was stored under the lease."""
        self._taken.append(due)
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
        with contextlib.suppress(Unavailable):  # without the database the leases run out by themselves
            await self._tell(self._taken)

    async def _send_due(self) -> float:
        """Send one batch of what was handed over or is due; return for how long nothing else will be, in seconds."""
        batch = await self._found() if self._database.clock.now() >= self._look_at else []
        room = BATCH - len(batch)
        batch, self._taken = batch + self._taken[:room], self._taken[room:]
        if batch:
            await self._tell(batch)
            return 0
        return max((self._look_at - self._database.clock.now()).total_seconds(), 0.0)

    async def _found(self) -> list[Due]:
        """Take what is due, and settle when to look again: at once where there may be more."""
        now = self._database.clock.now()
        self._look_at = now + timedelta(seconds=SWEEP_SECONDS)
        batch, next_at = await store.lease_due(self._database, self._lease, BATCH // 2)
        if batch:
            self._look_at = now
        elif next_at is not None:
            self._look_at = min(self._look_at, next_at)
        return batch

    async def _tell(self, batch: list[Due]) -> None:
        outcomes = await asyncio.gather(*(self._in_turn(due) for due in batch))
        await self._mark(outcomes)
        self._look_at = min([self._look_at, *(outcome.due_at for outcome in outcomes if outcome.due_at)])

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
        if due.mail_id is not None:
            return await self._write_asked(due, due.mail_id)
        contact = await self._directory.contact(due.tenant, due.member_id)
        order = await self._directory.order(due.tenant, due.order_id) if due.order_id else None
        now = self._database.clock.now()
        return self._writer.write(due.id, due.tenant, due.template, contact, order, due.facts, now)

    async def _write_asked(self, due: Due, mail_id: UUID) -> Mail:
        asked = await self._directory.mail(due.tenant, mail_id)
        contact = Contact(member_id=asked.member_id, email=asked.email, name=asked.name, language=asked.language)
        now = self._database.clock.now()
        return self._writer.write(due.id, due.tenant, due.template, contact, None, asked.parameters, now)

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
