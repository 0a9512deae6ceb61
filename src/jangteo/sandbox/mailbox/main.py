"""Starts the mailbox: settings, mails, SMTP, pages."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.process import run
from jangteo.sandbox.database import Database
from jangteo.sandbox.mailbox import api, store
from jangteo.sandbox.mailbox.settings import MailboxSettings
from jangteo.sandbox.mailbox.smtp import ServerMissing, smtp_server


@asynccontextmanager
async def assemble(settings: MailboxSettings) -> AsyncIterator[Entrance]:
    """Open everything, yield the app, close everything."""
    database = Database(Path(settings.state_dir) / "mailbox.sqlite3", store.SCHEMA)

    async def mails() -> None:
        database.row("SELECT 1")

    with closing(database):
        async with smtp_server(settings, database):
            yield create_app(settings, api.routes(settings, database), title="Mailbox", checks={"mails": mails})


def main() -> None:
    """Run until SIGTERM; exits with 2 where the SMTP server is not installed."""
    try:
        run(MailboxSettings, "mailbox", assemble)
    except ServerMissing as error:
        sys.stderr.write(f"mailbox: {error}\n")
        raise SystemExit(2) from None
