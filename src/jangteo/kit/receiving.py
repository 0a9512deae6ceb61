"""The transaction of a message whose whole effect is, as a rule, one statement: one round trip instead of three.

Receipt, effect and what is said travel as one statement, which PostgreSQL commits by itself. A message that was
received before violates the key of the inbox, so that nothing of it happens again.

BEGIN, receipt -> effect -> outbox, COMMIT      becomes      WITH receipt, outbox, effect
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import asyncpg

from jangteo.kit.outbox_rows import columns
from jangteo.kit.postgres import Database, Receipt, Transaction, touched
from jangteo.kit.postgres_errors import translated
from jangteo.kit.telemetry.statements import traced

INBOX_KEY = "inbox_pkey"


class Repeated(Exception):
    """The message was received before; whatever its handler was about to do is left."""


class Receiving(Transaction):
    """Begins no sooner than it must: `execute_last` as the first statement is all of it; any other one begins it."""

    def __init__(self, database: Database, connection: Any, tenant: str, receipt: Receipt) -> None:
        super().__init__(connection, tenant, database.clock, database.auditor, database._outbox is not None)
        self.cause = receipt.message_id
        self._database = database
        self._receipt = receipt
        self._has_begun = False
        self._is_done = False

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Return all rows."""
        await self._begin()
        return await super().fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Any | None:
        """Return the first row, or None."""
        await self._begin()
        return await super().fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Return the first column of the first row, or None."""
        await self._begin()
        return await super().fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> int:
        """Run a statement and return how many rows it touched."""
        await self._begin()
        return await super().execute(sql, *arguments)

    async def executemany(self, sql: str, rows: Any) -> None:
        """Run a statement for each row of arguments."""
        await self._begin()
        await super().executemany(sql, rows)

    async def execute_last(self, sql: str, *arguments: Any) -> int:
        """Run `sql`, together with receipt and messages where nothing was run before, and return the rows it touched.

        Where it fails it has not been run, and something else can be. Raises Repeated.
        """
        if self._has_begun:
            return await super().execute(sql, *arguments)
        await self._database._turn_to(self._connection, self.tenant)
        hooks = list(self._hooks)
        said = self._database._said(self)
        receipt = [self._receipt.message_id, self._receipt.consumer, self.tenant]
        statement = whole(sql, len(arguments), says=bool(said))
        try:
            status = await self._connection.execute(statement, *arguments, *receipt, *(columns(said) if said else ()))
        except BaseException as error:
            self._hooks = hooks
            if isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == INBOX_KEY:
                raise Repeated from None
            raise
        self._is_done, self._messages = True, []
        return touched(status)

    async def end(self) -> None:
        """Commit what was begun. A handler that did nothing leaves no receipt: it may be asked again."""
        if self._messages:
            await self._begin()
        if self._has_begun:
            await self._connection.execute(self._database._commit(self))

    async def undo(self) -> None:
        """Roll back what was begun."""
        await self._database._undo(self._connection, roll_back=self._has_begun)

    async def _begin(self) -> None:
        if self._is_done:
            raise RuntimeError("something follows what was to be the last statement of a transaction")
        if self._has_begun:
            return
        self._has_begun = True
        begun = await self._connection.execute(self._database._begin(self._connection, self.tenant, self._receipt))
        if begun == "INSERT 0 0":
            raise Repeated


@asynccontextmanager
async def receiving(database: Database, tenant: str, receipt: Receipt) -> AsyncIterator[Receiving]:
    """Lend the transaction of a message and commit it; one that was received before ends it in silence.

    Raises DatabaseUnavailable as `Database.transaction` does.
    """
    with translated():
        async with database._pool.acquire() as lent:
            transaction = Receiving(database, traced(lent), tenant, receipt)
            try:
                yield transaction
                await transaction.end()
            except BaseException as error:
                await transaction.undo()
                if isinstance(error, Repeated):
                    return
                raise
    for hook in transaction._hooks:
        hook()


@cache
def whole(sql: str, arguments: int, *, says: bool) -> str:
    """Return `sql`, which has so many arguments, with the receipt, and the outbox where something is said.

    What they need follows the arguments: message, consumer and tenant; ids, types, keys and bodies.
    """
    message, consumer, tenant, ids, types, keys, bodies = (f"${arguments + place}" for place in range(1, 8))
    parts = f"receipt AS (INSERT INTO inbox (message_id, consumer, tenant) VALUES ({message}, {consumer}, {tenant}))"
    if says:
        arrays = f"{ids}::uuid[], {types}::text[], {keys}::text[], {bodies}::bytea[]"
        parts += f""",
said AS (
    INSERT INTO outbox (id, tenant, type, key, body)
    SELECT new.id, {tenant}, new.type, new.key, new.body FROM unnest({arrays}) AS new (id, type, key, body))"""
    bare = sql.strip()
    return f"WITH {parts},\n{bare[5:]}" if bare.startswith("WITH ") else f"WITH {parts}\n{bare}"
