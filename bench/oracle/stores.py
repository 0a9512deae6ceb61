"""Every store of a mall, read past its services: the databases, the books of the sandboxes, the mailbox, the bus."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import nats
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from jangteo.stack.mall import Mall

_STREAM, _PARKING = "JANGTEO", "JANGTEO_PARKED"


class Stores:
    """Looks into the stores of one mall; it only reads."""

    def __init__(self, mall: Mall) -> None:
        self.mall = mall

    async def rows(self, service: str, sql: str, *arguments: Any) -> list[Any]:
        """Return rows of a service's database, of all tenants, as its owner sees them."""
        connection = await asyncpg.connect(self.mall.site.migration_url(service))
        try:
            found: list[Any] = await connection.fetch(sql, *arguments)
            return found
        finally:
            await connection.close()

    def provider_payments(self) -> list[tuple[str, int]]:
        """Return (reference, amount kept) of every payment that the card provider knows: its own truth."""
        return self._books("sandbox-pay", "SELECT reference, captured_amount - refunded_amount FROM payments")

    def provider_holds(self) -> list[str]:
        """Return the references of payments that hold a customer's money without having taken it."""
        return [
            row[0] for row in self._books("sandbox-pay", "SELECT reference FROM payments WHERE status = 'authorized'")
        ]

    def parcels(self) -> list[tuple[str, str]]:
        """Return (reference, status) of every parcel that the carrier knows, those called back left out."""
        return self._books("sandbox-carrier", "SELECT reference, status FROM parcels WHERE status <> 'voided'")

    def mails(self) -> list[str]:
        """Return the Message-ID of every mail in the mailbox, one for each mail."""
        sql = "SELECT name FROM named JOIN messages ON messages.id = message_id"
        return [row[0] for row in self._books("mailbox", sql)]

    def _books(self, name: str, sql: str) -> list[Any]:
        path = next(self.mall.home.state(name).glob("*.sqlite3"))
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return list(connection.execute(sql))

    async def undelivered(self) -> dict[str, int]:
        """Return how many messages each group has not handled yet, groups with none left out."""
        async with self._bus() as stream:
            groups = await stream.consumers_info(_STREAM)
        counts = {group.name: (group.num_pending or 0) + (group.num_ack_pending or 0) for group in groups}
        return {name: count for name, count in counts.items() if count}

    async def parked(self) -> list[str]:
        """Return "group: type, error, reason" of the messages that no service could handle, twenty at the most."""
        found = []
        async with self._bus() as stream:
            state = (await stream.stream_info(_PARKING)).state
            for sequence in range(max(1, state.first_seq), state.last_seq + 1):
                with contextlib.suppress(NotFoundError):
                    message = await stream.get_msg(_PARKING, seq=sequence, direct=True)
                    told = message.headers or {}
                    words = (told.get("Type"), told.get("Error"), told.get("Reason"))
                    found.append(f"{(message.subject or '').rpartition('.')[2]}: {', '.join(map(str, words))}")
                if len(found) >= 20:
                    break
        return found

    @asynccontextmanager
    async def _bus(self) -> AsyncIterator[JetStreamContext]:
        client = await nats.connect(self.mall.site.bus_url)
        try:
            yield client.jetstream()
        finally:
            await client.close()
