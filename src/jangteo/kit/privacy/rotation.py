"""Changing keys while everything runs: a new master key (rewrap), and new tenant keys (rotate).

    rewrap    tenant keys are wrapped again under the newest master key; nothing else is touched
    rotate    a new version is made ─► rows move to it in batches, readable all the time ─► the old one is destroyed

Each step may be repeated, done by two at once, or be cut off anywhere: the next run goes on where this one stopped.
Processes take up a new version when they meet it. What one seals under a version that is retired in that moment is
refused by the same statement that would store it, and sealed again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from jangteo.kit.errors import Conflict
from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.kit.privacy.providers import Wrapped
from jangteo.kit.privacy.sealing import new_key
from jangteo.kit.privacy.tenant_keys import LEGAL, WRAP, TenantKey, TenantKeys, add_versions

log = logging.getLogger(__name__)

# Longer than anything lives that is signed and handed out; a session lives 90 days.
MAC_MEMORY = timedelta(days=100)
_BATCH = 500
_ROUNDS = 20
_PAUSE_SECONDS = 0.25
# Purchases wait behind a waiting table lock, so it waits shortly and comes again.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'"


class KeysInUse(Conflict):
    """Old keys could not be retired, because rows under them kept coming or their table was never free."""

    code = "keys.in_use"


class _Rows(NamedTuple):
    """Which rows a tenant key wraps, what each wrapped key is bound to, and how to go on behind a row."""

    table: str
    id: str
    bound_to: str
    after: str
    place: str


_WRAPPED_BY = {
    WRAP: _Rows("person_keys", "person_id", "uuid_send(person_id)", "person_id > $3", "person_id"),
    # These are few, some for each day, and need no place to go on from.
    LEGAL: _Rows(
        "legal_keys",
        "purpose, due_on",
        "convert_to(purpose || ':' || due_on, 'UTF8')",
        "$3::uuid IS NOT NULL",
        "$3::uuid",
    ),
}


# Moves, inside the transaction that it is given, a batch of the rows that are left; returns how many.
MoveRest = Callable[[Transaction], Awaitable[int]]


class KeyState(NamedTuple):
    """A version of a tenant key; `rows` is how many keys it wraps, None where it wraps none by nature."""

    tenant: str
    use: str
    version: int
    provider_key: str
    provider_version: int
    created_at: datetime
    retired_at: datetime | None
    rows: int | None


async def status(database: Database, tenant: str | None = None) -> list[KeyState]:
    """Return all versions of the keys of `tenant`, or of all tenants, in order."""
    async with database.read(EVERY_TENANT) as reader:
        rows = await reader.fetch(
            "SELECT tenant, use, version, provider_key, provider_version, created_at, retired_at FROM tenant_keys"
            " WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant, use, version",
            tenant,
        )
        counts: dict[tuple[str, str, int], int | None] = {}
        for use, wrapped in _WRAPPED_BY.items():
            for row in await reader.fetch(
                f"SELECT tenant, key_version, count(*) FROM {wrapped.table}"
                " WHERE wrapped_key IS NOT NULL GROUP BY tenant, key_version"
            ):
                counts[row[0], use, row[1]] = row[2]
    return [
        KeyState(**row, rows=counts.get((row[0], row[1], row[2]), 0 if row["use"] in _WRAPPED_BY else None))
        for row in rows
    ]


async def rewrap(database: Database, keys: TenantKeys, tenant: str | None = None, *, everything: bool = False) -> int:
    """Wrap tenant keys under the newest master key, unless they are; return how many were. Raises Unavailable.

    `everything` is for a provider that keeps its versions to itself, such as AWS KMS.
    """
    newest = await keys.keyholders.present.newest()
    async with database.read(EVERY_TENANT) as reader:
        rows = await reader.fetch(
            "SELECT tenant, use, version, wrapped, provider_key, provider_version FROM tenant_keys"
            " WHERE retired_at IS NULL AND ($1::text IS NULL OR tenant = $1) ORDER BY tenant, use, version",
            tenant,
        )
    done = 0
    for row in rows:
        old = Wrapped(row["provider_key"], row["provider_version"], row["wrapped"])
        if (old.provider_key, old.provider_version) == newest and not everything:
            continue
        bound_to = keys.bound_to(row["tenant"], row["use"], row["version"])
        new = await keys.keyholders.wrap(await keys.keyholders.unwrap(old, bound_to), bound_to)
        async with database.transaction(row["tenant"]) as transaction:
            # Only over what was unwrapped: somebody else may have done the same, or retired it.
            done += await transaction.execute(
                "UPDATE tenant_keys SET wrapped = $4, provider_key = $5, provider_version = $6"
                " WHERE tenant = $1 AND use = $2 AND version = $3 AND wrapped = $7",
                *(row["tenant"], row["use"], row["version"], new.blob, new.provider_key, new.provider_version),
                old.blob,
            )
    return done


async def rotate(database: Database, keys: TenantKeys, tenant: str) -> dict[str, int]:
    """Give `tenant` new keys and destroy the old ones; return how many rows moved for each use.

    One that was cut off is finished and no further one begun. Keys of blind indexes stay: only their owner can make
    an index anew (`jangteo.user.reindex`). Old keys of signatures hold for MAC_MEMORY. Raises Unavailable, KeysInUse.
    """
    moved = {}
    async with database.read(tenant) as reader:
        rows = await reader.fetch("SELECT DISTINCT use FROM tenant_keys WHERE tenant = $1", tenant)
    for use in sorted(row["use"] for row in rows):
        if use in _WRAPPED_BY:
            ring = await keys.reload(tenant, use, await keys.ring(tenant, use))
            if len(ring.versions) == 1:
                await make_version(database, keys, tenant, use)
            moved[use] = await _finish(database, keys, tenant, use)
        elif use.startswith("mac:"):
            await _retire_macs(database, tenant, use)
            await make_version(database, keys, tenant, use)
            moved[use] = 0
    return moved


async def make_version(database: Database, keys: TenantKeys, tenant: str, use: str) -> int:
    """Make the next version of a key and return its number; of two who do so at once one makes it."""
    async with database.read(tenant) as reader:
        number: int = await reader.fetchval(
            "SELECT coalesce(max(version), 0) + 1 FROM tenant_keys WHERE tenant = $1 AND use = $2", tenant, use
        )
    wrapped = await keys.keyholders.wrap(new_key(), keys.bound_to(tenant, use, number))
    await add_versions(database, [(tenant, use, number, wrapped)])
    return number


async def retire(database: Database, tenant: str, use: str, below: int) -> None:
    """Destroy the versions of a key below a number that nothing needs any more."""
    async with database.transaction(tenant) as transaction:
        await transaction.execute(_RETIRE, tenant, use, below, transaction.clock.now())


_RETIRE = (
    "UPDATE tenant_keys SET wrapped = NULL, retired_at = $4"
    " WHERE tenant = $1 AND use = $2 AND version < $3 AND retired_at IS NULL"
)


async def _finish(database: Database, keys: TenantKeys, tenant: str, use: str) -> int:
    moved, older = 0, "key_version < $2 AND wrapped_key IS NOT NULL"
    for _ in range(_ROUNDS):
        ring = await keys.reload(tenant, use, await keys.ring(tenant, use))
        newest = ring.newest
        moved += await _move_all(database, keys, tenant, use, newest)

        async def move_rest(transaction: Transaction, newest: TenantKey = newest) -> int:
            return len(await _move(transaction, keys, use, newest, UUID(int=0)))

        rest = await retire_unused(database, tenant, use, newest.version, _WRAPPED_BY[use].table, older, move_rest)
        if rest is not None:
            log.info("tenant key %s of %s: version %d is the only one now", use, tenant, newest.version)
            return moved + rest
        await asyncio.sleep(_PAUSE_SECONDS)
    raise KeysInUse()


async def _move_all(database: Database, keys: TenantKeys, tenant: str, use: str, newest: TenantKey) -> int:
    moved, last = 0, UUID(int=0)
    while True:
        async with database.transaction(tenant) as transaction:
            rows = await _move(transaction, keys, use, newest, last)
        if not rows:
            return moved
        moved, last = moved + len(rows), rows[-1]["last"]


async def _move(transaction: Transaction, keys: TenantKeys, use: str, newest: TenantKey, last: UUID) -> list[Any]:
    """Wrap a batch of the rows behind `last` that are under older versions again; return them."""
    table, id, bound_to, after, place = _WRAPPED_BY[use]
    tenant = transaction.tenant
    rows = await transaction.fetch(
        f"SELECT ctid::text AS place, {place} AS last, wrapped_key, key_version, {bound_to} AS bound_to"
        f" FROM {table}"
        f" WHERE tenant = $1 AND key_version < $2 AND wrapped_key IS NOT NULL AND {after}"
        f" ORDER BY {id} LIMIT {_BATCH} FOR UPDATE SKIP LOCKED",
        *(tenant, newest.version, last),
    )
    wrapped = [await _wrapped_again(keys, tenant, use, row, newest) for row in rows]
    await transaction.execute(
        f"UPDATE {table} SET wrapped_key = new.wrapped, key_version = $1"
        " FROM unnest($2::text[], $3::bytea[]) AS new (place, wrapped)"
        f" WHERE {table}.ctid = new.place::tid AND {table}.tenant = $4",
        *(newest.version, [row["place"] for row in rows], wrapped, tenant),
    )
    return rows


async def _wrapped_again(keys: TenantKeys, tenant: str, use: str, row: Any, newest: TenantKey) -> bytes:
    old = await keys.version(tenant, use, row["key_version"])
    return newest.cipher.seal(old.cipher.unseal(row["wrapped_key"], row["bound_to"]), row["bound_to"])


async def retire_unused(
    database: Database, tenant: str, use: str, newest: int, table: str, older: str, move_rest: MoveRest
) -> int | None:
    """Move the last rows of `table` that are `older` and retire all versions before `newest`.

    Return how many rows that were, or None where some could not be moved now. The lock lets writers finish and holds
    new ones back, who then see what is retired: without it they would store more than is moved, on and on.
    """
    left = f"SELECT EXISTS (SELECT FROM {table} WHERE tenant = $1 AND {older})"
    try:
        async with database.transaction(tenant) as transaction:
            await transaction.execute(_LOCK_TIMEOUT)
            # It excludes itself too: of two who retire at once, both would wait for the other's rows.
            await transaction.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            moved = await move_rest(transaction)
            if await transaction.fetchval(left, tenant, newest):
                return None
            await transaction.execute(_RETIRE, tenant, use, newest, transaction.clock.now())
            return moved
    except asyncpg.LockNotAvailableError:
        return None


async def _retire_macs(database: Database, tenant: str, use: str) -> None:
    async with database.read(tenant) as reader:
        [newest] = await reader.fetch(
            "SELECT version, created_at FROM tenant_keys WHERE tenant = $1 AND use = $2 ORDER BY version DESC LIMIT 1",
            *(tenant, use),
        )
    if newest["created_at"] < database.clock.now() - MAC_MEMORY:
        await retire(database, tenant, use, newest["version"])
