"""Takes mails by SMTP; what was acknowledged is kept."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jangteo.sandbox.database import Database
from jangteo.sandbox.mailbox import store
from jangteo.sandbox.mailbox.reading import subject_and_name_of
from jangteo.sandbox.mailbox.settings import MailboxSettings

log = logging.getLogger(__name__)


class ServerMissing(Exception):
    """The SMTP server comes with the extra `embedded`."""


class Keeper:
    """What the SMTP server does with a mail: keep it, whoever it is for."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - named by aiosmtpd
        """Keep a mail and say so; the sender keeps it where that fails."""
        raw = envelope.original_content or b""
        subject, name = subject_and_name_of(raw)
        mail = store.Mail(
            id=0,
            received_at=time.time(),
            sender=envelope.mail_from or "",
            recipients=envelope.rcpt_tos,
            subject=subject,
            size=len(raw),
        )
        try:
            message_id = store.add(self._database, mail, raw, self._most, name)
        except sqlite3.Error:
            log.exception("a mail could not be kept")
            return "451 The mail could not be kept, send it again later"
        return f"250 Kept as {message_id}"


@asynccontextmanager
async def smtp_server(settings: MailboxSettings, database: Database) -> AsyncIterator[None]:
    """Listen for mails. Raises ServerMissing."""
    try:
        from aiosmtpd.smtp import SMTP
    except ImportError:
        raise ServerMissing("it needs aiosmtpd: pip install 'jangteo[embedded]'") from None
    # It writes a line for every command, with the addresses in it.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    keeper = Keeper(database, settings.most_messages)

    def protocol() -> Any:
        return SMTP(
            keeper,
            hostname="mailbox.localhost",
            ident="Jangteo mailbox",
            data_size_limit=settings.largest_message,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    server = await loop.create_server(protocol, settings.host, settings.smtp_port)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
