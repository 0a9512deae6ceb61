"""What the law has kept of a person who was erased: sealed for one purpose until one day, then destroyed.

Records lie apart from everything else (개인정보보호법 §21③) and are readable by their purpose only.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.kit.background import alongside
from jangteo.kit.errors import Unavailable
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import EVERY_TENANT, Database, Reader, Transaction
from jangteo.kit.privacy import LegalKeyDestroyed, Vault
from jangteo.kit.retention import Rules, day_of

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 3600.0
PAGE = 50
_FIRST = UUID(int=0)


class LegalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is read; `reference` says what it is about: an order's number, or an id."""

    id: UUID
    purpose: str
    due_on: date
    reference: str
    kept_at: datetime
    content: msgspec.Raw


class LegalPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some records, the oldest first; `next_cursor` is null at the end."""

    items: list[LegalRecord]
    next_cursor: UUID | None


class LegalArchive:
    """Puts records away, reads them for a purpose, and destroys them on their day."""

    def __init__(self, vault: Vault, rules: Rules) -> None:
        self._vault = vault
        self._rules = rules

    async def keep(self, transaction: Transaction, purpose: str, since: datetime, reference: str, content: Any) -> bool:
        """Seal `content` for as long as the law has it kept, counted from the day of `since`.

        Return False, and keep nothing, where that time is over already. `reference` must not name a person.
        """
        due = self._rules.due_on(purpose, day_of(since))
        if due <= day_of(transaction.clock.now()):
            return False
        try:
            key = await self._vault.legal_key(transaction, purpose, due)
        except LegalKeyDestroyed:
            return False
        await transaction.execute(
            "INSERT INTO legal_records (id, tenant, purpose, due_on, reference, sealed, kept_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new_id(),
            transaction.tenant,
            purpose,
            due,
            reference,
            key.seal(msgspec.json.encode(content).decode()),
            transaction.clock.now(),
        )
        return True

    async def read(self, reader: Reader, purpose: str, reference: str | None, cursor: UUID | None) -> LegalPage:
        """Return the records of `purpose`, of one `reference` where it is named."""
        rows = await reader.fetch(
            "SELECT id, purpose, due_on, reference, sealed, kept_at FROM legal_records WHERE tenant = $1"
            " AND purpose = $2 AND ($3::text IS NULL OR reference = $3) AND id > $4 ORDER BY id LIMIT $5",
            reader.tenant,
            purpose,
            reference,
            cursor or _FIRST,
            PAGE + 1,
        )
        items = [record for row in rows[:PAGE] if (record := await self._opened(reader, row)) is not None]
        return LegalPage(items=items, next_cursor=rows[PAGE - 1]["id"] if len(rows) > PAGE else None)

    async def destroy_due(self, database: Database) -> int:
        """Destroy the keys of all tenants that are due by the clock of `database`, and the records under them.

        Return how many keys were destroyed. Raises Unavailable; what was destroyed by then stays so.
        """
        today = day_of(database.clock.now())
        async with database.read(EVERY_TENANT) as reader:
            rows = await reader.fetch(
                "SELECT DISTINCT tenant FROM legal_keys WHERE due_on <= $1 AND wrapped_key IS NOT NULL", today
            )
        count = 0
        for tenant in [row["tenant"] for row in rows]:
            async with database.transaction(tenant) as transaction:
                destroyed = await self._vault.destroy_due(transaction, today)
                gone = await transaction.execute(
                    "DELETE FROM legal_records WHERE tenant = $1 AND due_on <= $2", tenant, today
                )
            count += len(destroyed)
            log.info("%d legal keys of %s were due and are destroyed, with %d records", len(destroyed), tenant, gone)
        return count

    async def _opened(self, reader: Reader, row: Any) -> LegalRecord | None:
        try:
            key = await self._vault.open_legal(reader, row["purpose"], row["due_on"])
        except LegalKeyDestroyed:
            return None
        return LegalRecord(
            id=row["id"],
            purpose=row["purpose"],
            due_on=row["due_on"],
            reference=row["reference"],
            kept_at=row["kept_at"],
            content=msgspec.Raw(key.unseal(row["sealed"]).encode()),
        )


@asynccontextmanager
async def destroying_due(
    database: Database, archive: LegalArchive, look_every: float = LOOK_EVERY_SECONDS
) -> AsyncIterator[None]:
    """Destroy what is due, each day on its day, while the block runs; `look_every` in seconds."""
    async with alongside(_for_ever(database, archive, look_every), "retention"):
        yield


async def _for_ever(database: Database, archive: LegalArchive, look_every: float) -> None:
    while True:
        try:
            await archive.destroy_due(database)
        except Unavailable as error:
            log.warning("destroying what is due waits: %s", error)
        except Exception:
            log.exception("destroying what is due failed")
        await asyncio.sleep(look_every * random.uniform(0.5, 1.5))  # noqa: S311
