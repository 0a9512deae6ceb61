"""The sender: takes notices that are due, asks where to, writes and hands over the mail, and notes how it ended."""

import asyncio
import contextlib
import logging

from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.postgres import Database
from jangteo.notification import store
from jangteo.notification.clients import Directory
from jangteo.notification.mail import MailWriter
from jangteo.notification.smtp import Mailer, RecipientRefused
from jangteo.notification.store import Due

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
BATCH = 20
PARALLEL = 4


class Sender:
    """Sends what is due until it is stopped."""

    def __init__(self, database: Database, directory: Directory, writer: MailWriter, mailer: Mailer) -> None:
        self._database = database
        self._directory = directory
        self._writer = writer
        self._mailer = mailer
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look for due notices at once."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the mails in hand and stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                found = await self.send_due()
            except Unavailable:
                found = 0
            except Exception:
                log.exception("sending failed; it goes on")
                found = 0
            if found < BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)

    async def send_due(self) -> int:
        """Send one batch of what is due and return how many there were. Raises Unavailable without the database."""
        batch = await store.lease_due(self._database, BATCH)
        limit = asyncio.Semaphore(PARALLEL)

        async def one(due: Due) -> None:
            async with limit:
                await self._send(due)

        await asyncio.gather(*(one(due) for due in batch))
        return len(batch)

    async def _send(self, due: Due) -> None:
        if due.expires_at <= self._database.clock.now():
            await store.finish(self._database, due, "expired")
            return
        try:
            contact = await self._directory.contact(due.tenant, due.member_id)
            order = await self._directory.order(due.tenant, due.order_id) if due.order_id else None
            mail = self._writer.write(due.id, due.template, contact, order, due.facts)
            await self._mailer.send(mail)
        except (NotFound, RecipientRefused) as error:
            await store.finish(self._database, due, "dropped", error=error.code)
        except Unavailable as error:
            await store.postpone(self._database, due, error.code)
        except Exception as error:
            log.exception("notice %s (%s) cannot be written; it is tried again", due.id, due.template)
            await store.postpone(self._database, due, type(error).__name__)
        else:
            await store.finish(self._database, due, "sent", subject=str(mail["Subject"]))
