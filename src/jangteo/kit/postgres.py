"""PostgreSQL: a pool whose connections know their tenant, and transactions that carry outgoing messages.

Row-level security reads the session setting `app.tenant`. A connection keeps the tenant it last served, so the
setting costs a round trip only when the tenant changes. `*` is the mall's own sweeps over all tenants.
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from jangteo.kit.bus.interface import Outgoing
from jangteo.kit.clock import Clock, SystemClock
from jangteo.kit.messages import Message
from jangteo.kit.outbox_rows import insertion
from jangteo.kit.postgres_errors import ConcurrentUpdate as ConcurrentUpdate
from jangteo.kit.postgres_errors import DatabaseUnavailable as DatabaseUnavailable
from jangteo.kit.postgres_errors import translated
from jangteo.kit.telemetry.statements import traced

EVERY_TENANT = "*"
_TENANT = re.compile(r"[a-z0-9-]{1,40}|\*")
_CONSUMER = re.compile(r"[a-z0-9_.-]{1,80}")
_STATEMENT_TIMEOUT_SECONDS = 30
# With the usual price of a page, a table of 1,500 rows would be read whole rather than by ten entries of its index.
_PLAN_ONCE = {"plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1"}

Hook = Callable[[], None]
OutboxWriter = Callable[["Transaction", list[Message]], tuple[list[Outgoing], Hook]]


def touched(status: str) -> int:
    """Return how many rows a statement with this status touched."""
    return int(count) if (count := status.rpartition(" ")[2]).isdigit() else 0


class Receipt(NamedTuple):
    """That a consumer has received a message."""

    message_id: UUID
    consumer: str

    def entry(self, tenant: str) -> str:
        """Return the statement that enters it in the inbox, unless it is there. Raises ValueError for a bad name."""
        if not _CONSUMER.fullmatch(self.consumer):
            raise ValueError(f"not a consumer: {self.consumer!r}")
        values = f"'{self.message_id}', '{self.consumer}', '{tenant}'"
        return f"INSERT INTO inbox (message_id, consumer, tenant) VALUES ({values}) ON CONFLICT DO NOTHING"


class Reader:
    """Reads within one tenant."""

    def __init__(self, connection: Any, tenant: str) -> None:
        self._connection = connection
        self.tenant = tenant

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Return all rows."""
        rows: list[Any] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Any | None:
        """Return the first row, or None."""
        return await self._connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Return the first column of the first row, or None."""
        return await self._connection.fetchval(sql, *arguments)


class Transaction(Reader):
    """One unit of work: its statements, its outgoing messages and what follows the commit happen together or not."""

    def __init__(
        self, connection: Any, tenant: str, clock: Clock, auditor: Any = None, has_outbox: bool = False
    ) -> None:
        super().__init__(connection, tenant)
        self.clock = clock
        self.auditor = auditor
        self.has_outbox = has_outbox
        self.cause: UUID | None = None
        self.is_repeat = False
        self._messages: list[Message] = []
        self._hooks: list[Hook] = []

    async def execute(self, sql: str, *arguments: Any) -> int:
        """Run a statement and return how many rows it touched."""
        status: str = await self._connection.execute(sql, *arguments)
        return touched(status)

    async def execute_last(self, sql: str, *arguments: Any) -> int:
        """Run a statement and return how many rows it touched; what follows from it must have been sent before.

        In the transaction of a message it is the last one, see `jangteo.kit.receiving`; in others it is one of many.
        """
        return await self.execute(sql, *arguments)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each row of arguments."""
        await self._connection.executemany(sql, rows)

    def send(self, *messages: Message) -> None:
        """Publish `messages` if, and only if, this transaction commits."""
        self._messages.extend(messages)

    def after_commit(self, hook: Hook) -> None:
        """Call `hook` once the commit has succeeded; it must not fail. A crash before it loses the call."""
        self._hooks.append(hook)


class Database:
    """A service's own database."""

    def __init__(self, pool: Any, tenants: dict[int, str], clock: Clock) -> None:
        self._pool = pool
        self._tenants = tenants
        self._outbox: OutboxWriter | None = None
        self.auditor: Any = None  # see jangteo.kit.audit.keep
        self.clock = clock

    def use_outbox(self, writer: OutboxWriter) -> None:
        """Let `writer` say how the messages of each transaction are stored, and what is done after the commit."""
        self._outbox = writer

    @asynccontextmanager
    async def transaction(self, tenant: str, receipt: Receipt | None = None) -> AsyncIterator[Transaction]:
        """Open a transaction of `tenant`; commit at the end, roll back on any error.

        With a `receipt` the message is entered in the inbox; `is_repeat` says whether it was there already.
        Raises DatabaseUnavailable where PostgreSQL cannot be reached or chose this transaction as a victim.
        """
        with translated():
            async with self._pool.acquire() as lent:
                connection = traced(lent)
                transaction = Transaction(connection, tenant, self.clock, self.auditor, self._outbox is not None)
                try:
                    begun = await connection.execute(self._begin(connection, tenant, receipt))
                    if receipt is not None:
                        transaction.cause, transaction.is_repeat = receipt.message_id, begun == "INSERT 0 0"
                    yield transaction
                    await connection.execute(self._commit(transaction))
                except BaseException:
                    await self._undo(connection, roll_back=True)
                    raise
        for hook in transaction._hooks:
            hook()

    @asynccontextmanager
    async def read(self, tenant: str) -> AsyncIterator[Reader]:
        """Lend a connection for reads of `tenant`, each statement by itself."""
        with translated():
            async with self._pool.acquire() as lent:
                connection = traced(lent)
                await self._turn_to(connection, tenant)
                yield Reader(connection, tenant)

    def system(self) -> Any:
        """Open a transaction over all tenants, for the service's own sweeps; never for a request."""
        return self.transaction(EVERY_TENANT)

    async def check(self) -> None:
        """Raise DatabaseUnavailable unless PostgreSQL answers."""
        async with self.read(EVERY_TENANT) as reader:
            await reader.fetchval("SELECT 1")

    def _begin(self, connection: Any, tenant: str, receipt: Receipt | None) -> str:
        # All in one round trip, hence without parameters: every value in it is checked to be a plain word.
        begin = "BEGIN"
        if self._tenants.get(connection.get_server_pid()) != tenant:
            begin += "; " + self._switch(connection, tenant)
        if receipt is not None:
            begin += "; " + receipt.entry(tenant)
        return begin

    def _commit(self, transaction: Transaction) -> str:
        rows = self._said(transaction)
        return f"{insertion(transaction.tenant, rows)}; COMMIT" if rows else "COMMIT"

    def _said(self, transaction: Transaction) -> list[Outgoing]:
        """Return the rows of what `transaction` says; they are handed to the relay once it has committed."""
        if not transaction._messages:
            return []
        if self._outbox is None:
            raise RuntimeError("a transaction sent messages, but its database has no outbox")
        rows, hook = self._outbox(transaction, transaction._messages)
        transaction._hooks.append(hook)
        return rows

    async def _undo(self, connection: Any, *, roll_back: bool) -> None:
        # The rollback may undo the setting of the tenant as well.
        self._tenants.pop(connection.get_server_pid(), None)
        if roll_back and not connection.is_closed():
            await connection.execute("ROLLBACK")

    async def _turn_to(self, connection: Any, tenant: str) -> None:
        if self._tenants.get(connection.get_server_pid()) != tenant:
            try:
                await connection.execute(self._switch(connection, tenant))
            except BaseException:
                # Whether it took effect is not known: the next one says anew whose the connection is.
                self._tenants.pop(connection.get_server_pid(), None)
                raise

    def _switch(self, connection: Any, tenant: str) -> str:
        if not _TENANT.fullmatch(tenant):
            raise ValueError(f"not a tenant: {tenant!r}")
        self._tenants[connection.get_server_pid()] = tenant
        return f"SET app.tenant = '{tenant}'"


@asynccontextmanager
async def open_database(
    url: str, *, clock: Clock | None = None, min_size: int = 1, max_size: int = 10, plan_once: bool = False
) -> AsyncIterator[Database]:
    """Open the pool of a service's database and close it at the end.

    `plan_once` is for a service whose statements all go by a key: without it, those with a list are planned at every
    call, since a short list looks cheaper than the ten entries that PostgreSQL assumes of one it does not know.
    Raises DatabaseUnavailable where PostgreSQL cannot be reached at all.
    """
    tenants: dict[int, str] = {}

    async def forget_tenant(connection: Any) -> None:
        pid = connection.get_server_pid()
        tenants.pop(pid, None)
        # Idle connections are replaced all the time, each by one with another number.
        connection.add_termination_listener(lambda _: tenants.pop(pid, None))

    async def keep_session(_: Any) -> None:
        """Leave the session as it is: every use sets its tenant, and nothing else is ever set."""

    with translated():
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            init=forget_tenant,
            reset=keep_session,
            command_timeout=_STATEMENT_TIMEOUT_SECONDS,
            server_settings={"application_name": "jangteo", "jit": "off", **(_PLAN_ONCE if plan_once else {})},
        )
    try:
        yield Database(pool, tenants, clock or SystemClock())
    finally:
        await pool.close()
