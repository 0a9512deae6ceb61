"""Import jobs in PostgreSQL: what is to be done, how far it is, and what was wrong.

waiting -> running -> done          a batch moves `next_group` on in the transaction of its effect, so that a
              └-----> failed        process that dies in the middle costs the batch in hand and no more
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jangteo.kit.errors import NotFound
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import ConcurrentUpdate, Database, Transaction
from jangteo.kit.pruning import Retention
from jangteo.product.domain.catalogue import MAX_SKU
from jangteo.product.sheets.columns import KEY, SKU
from jangteo.product.sheets.composing import Fault
from jangteo.product.sheets.reading import Line

LEASE = timedelta(seconds=15)
KEPT = timedelta(days=90)
MAX_ATTEMPTS = 5
_COUNTS = "id, name, state, total, done, added, changed, unchanged, failed, created_at, changed_at"
_OPEN = """
INSERT INTO imports (id, tenant, name, member_id, permissions, state, total, groups, claimed_until, created_at,
    changed_at)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $8, $8)
"""
_ADD_ROWS = """
INSERT INTO import_rows (import_id, tenant, group_number, number, sku, cells)
SELECT $1, $2, unnest($3::int[]), unnest($4::int[]), unnest($5::text[]), unnest($6::text[])
"""
_CLAIM = """
UPDATE imports SET state = 'running', claimed_until = $2, attempts = attempts + 1 WHERE id = (
    SELECT id FROM imports WHERE state IN ('waiting', 'running') AND claimed_until <= $1
    ORDER BY claimed_until LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, tenant, name, member_id, permissions, next_group, groups, attempts
"""
_ROWS = """
SELECT group_number, number, cells FROM import_rows
WHERE import_id = $1 AND group_number >= $2 AND group_number < $3 ORDER BY group_number, number
"""
_REPEATED = """
SELECT row.sku, min(other.number) AS first FROM import_rows AS row
JOIN import_rows AS other ON other.import_id = row.import_id AND other.sku = row.sku AND other.number < row.number
WHERE row.import_id = $1 AND row.sku = ANY($2) GROUP BY row.sku
"""
_ADVANCE = """
UPDATE imports SET next_group = $4, done = done + $5, added = added + $6, changed = changed + $7,
    unchanged = unchanged + $8, failed = failed + $9, changed_at = $10, claimed_until = $10, attempts = 0,
    state = CASE WHEN $4 >= groups THEN 'done' ELSE 'running' END
WHERE id = $1 AND tenant = $2 AND next_group = $3 AND state = 'running'
"""
_GIVE_UP = "UPDATE imports SET state = 'failed' WHERE id = $1 AND next_group = $2 AND state = 'running'"
_ADD_FAULTS = """
INSERT INTO import_faults (import_id, tenant, row_number, field, code, ko, en)
SELECT $1, $2, unnest($3::int[]), unnest($4::text[]), unnest($5::text[]), unnest($6::text[]), unnest($7::text[])
"""
_FAULTS = """
SELECT number, row_number AS row, field, code, ko, en FROM import_faults
WHERE tenant = $1 AND import_id = $2 AND (row_number, number) > ($3, $4) ORDER BY row_number, number LIMIT $5
"""


class NoSuchImport(NotFound):
    """There is no import of this id."""

    code = "import.not_found"
    ko = "등록 작업을 찾을 수 없습니다."
    en = "There is no such import."


class State(StrEnum):
    """How far an import is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Import(Struct, frozen=True, kw_only=True):
    """An import. `done` of `total` rows are dealt with: of products added, changed, or unchanged, and failed rows."""

    id: UUID
    name: str
    state: State
    total: int
    done: int
    added: int
    changed: int
    unchanged: int
    failed: int
    created_at: datetime
    changed_at: datetime


class Job(Struct, frozen=True):
    """An import that this process has in hand."""

    id: UUID
    tenant: str
    name: str
    member_id: UUID
    permissions: str
    next_group: int
    groups: int
    attempts: int


class Counts(Struct, frozen=True):
    """What came of the rows of one batch."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0

    @property
    def rows(self) -> int:
        """Return how many rows that were."""
        return self.added + self.changed + self.unchanged + self.failed


class RowFault(Struct, frozen=True, kw_only=True):
    """What was wrong in a row of the file, in which column."""

    number: int
    row: int
    field: str
    code: str
    ko: str
    en: str


async def open_import(
    transaction: Transaction, name: str, member_id: UUID, permissions: str, lines: Sequence[Line]
) -> Import:
    """Write down what is to be imported; rows of one product belong together wherever they stand in the file."""
    groups: dict[str, int] = {}
    numbers = [groups.setdefault(line.cells[KEY].strip(), len(groups)) for line in lines]
    id, now, tenant = new_id(), transaction.clock.now(), transaction.tenant
    await transaction.execute(_OPEN, id, tenant, name, member_id, permissions, len(lines), len(groups), now)
    # Longer ones are no SKUs, which is told when their rows are understood; an index takes no text of any length.
    skus = [line.cells[SKU].strip()[: MAX_SKU + 1] for line in lines]
    cells = await asyncio.to_thread(lambda: [msgspec.json.encode(line.cells).decode() for line in lines])
    await transaction.execute(_ADD_ROWS, id, tenant, numbers, [line.number for line in lines], skus, cells)
    return _told(await transaction.fetchrow(f"SELECT {_COUNTS} FROM imports WHERE id = $1", id))


async def claim(database: Database) -> Job | None:
    """Take an import in hand that nobody has, of any shop. Who dies with it loses it after `LEASE`.

    One that has had MAX_ATTEMPTS is to be given up, see `give_up`.
    """
    now = database.clock.now()
    async with database.system() as transaction:
        row = await transaction.fetchrow(_CLAIM, now, now + LEASE)
        return None if row is None else Job(**dict(row))


async def give_up(database: Database, job: Job) -> None:
    """Note that an import has failed, unless another process has brought it on meanwhile."""
    async with database.transaction(job.tenant) as transaction:
        await transaction.execute(_GIVE_UP, job.id, job.next_group)


async def rows_of(database: Database, job: Job, count: int) -> dict[int, list[Line]]:
    """Return the rows of the next `count` products, by the number of the product within the file."""
    async with database.read(job.tenant) as reader:
        rows = await reader.fetch(_ROWS, job.id, job.next_group, job.next_group + count)
    found: dict[int, list[Line]] = {}
    for row in rows:
        line = Line(row["number"], msgspec.json.decode(row["cells"], type=dict[str, str]))
        found.setdefault(row["group_number"], []).append(line)
    return found


async def repeated_skus(database: Database, job: Job, skus: Sequence[str]) -> dict[str, int]:
    """Return those of `skus` that stand in several rows of the file, with the first of these rows."""
    async with database.read(job.tenant) as reader:
        return {row["sku"]: row["first"] for row in await reader.fetch(_REPEATED, job.id, list(skus)) if row["sku"]}


async def advance(transaction: Transaction, job: Job, upto: int, counts: Counts, faults: Sequence[Fault]) -> None:
    """Note that the products before `upto` are dealt with. Raises ConcurrentUpdate where another process did it."""
    numbers = (counts.rows, counts.added, counts.changed, counts.unchanged, counts.failed)
    now = transaction.clock.now()
    if not await transaction.execute(_ADVANCE, job.id, job.tenant, job.next_group, upto, *numbers, now):
        raise ConcurrentUpdate()
    if faults:
        errors = [fault.error for fault in faults]
        await transaction.execute(
            _ADD_FAULTS,
            job.id,
            job.tenant,
            [fault.row for fault in faults],
            [error.field for error in errors],
            [error.code for error in errors],
            [error.text("ko") for error in errors],
            [error.text("en") for error in errors],
        )
    if upto >= job.groups:
        await transaction.execute("DELETE FROM import_rows WHERE import_id = $1", job.id)


async def show(database: Database, tenant: str, id: UUID) -> Import:
    """Return an import. Raises NoSuchImport."""
    async with database.read(tenant) as reader:
        row = await reader.fetchrow(f"SELECT {_COUNTS} FROM imports WHERE tenant = $1 AND id = $2", tenant, id)
    if row is None:
        raise NoSuchImport()
    return _told(row)


async def begun_by(database: Database, tenant: str, id: UUID, member_id: UUID | None) -> bool:
    """Return whether it was `member_id` who began the import."""
    async with database.read(tenant) as reader:
        statement = "SELECT member_id FROM imports WHERE tenant = $1 AND id = $2"
        return member_id is not None and await reader.fetchval(statement, tenant, id) == member_id


async def latest(database: Database, tenant: str, size: int) -> list[Import]:
    """Return the newest imports of a shop."""
    async with database.read(tenant) as reader:
        statement = f"SELECT {_COUNTS} FROM imports WHERE tenant = $1 ORDER BY id DESC LIMIT $2"
        return [_told(row) for row in await reader.fetch(statement, tenant, size)]


async def faults_of(database: Database, tenant: str, id: UUID, after: tuple[int, int], size: int) -> Sequence[RowFault]:
    """Return what was wrong in rows behind `after` (row, number of the fault), in the order of the file."""
    async with database.read(tenant) as reader:
        return [RowFault(**dict(row)) for row in await reader.fetch(_FAULTS, tenant, id, *after, size)]


def retention() -> Retention:
    """Return how long imports can be looked at; their rows are gone as soon as they are done."""
    return Retention("imports", "created_at", KEPT)


def _told(row: Any) -> Import:
    return Import(**{**dict(row), "state": State(row["state"])})
