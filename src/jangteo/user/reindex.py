"""Gives the blind indexes of e-mails and of accounts at providers a new key, while members sign up and log in.

    new version ─► a pause, so that who looked just before has found ─► rows move, readable all the time ─► old one gone

It may be repeated, done by two at once, or be cut off anywhere: the next run goes on where this one stopped.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.privacy import Vault, for_index, rotation
from jangteo.kit.privacy.rotation import KeysInUse
from jangteo.user.domain.member import Profile
from jangteo.user.domain.person import email_to_compare
from jangteo.user.identity_store import SUBJECT, subject_to_find
from jangteo.user.store import EMAIL, PROFILE
from jangteo.user.throttle import LOGIN_ADDRESS

log = logging.getLogger(__name__)

PAUSE_SECONDS = 10.0
_BATCH, _ROUNDS, _ROUND_SECONDS = 200, 20, 0.25


class _Index(NamedTuple):
    """The rows that are found by the digests of `purpose`, and how to read again what the digest is of."""

    purpose: str
    table: str
    column: str
    person: str
    more: str
    value: Callable[[Vault, Transaction, Any], Awaitable[str]]


async def _email(vault: Vault, transaction: Transaction, row: Any) -> str:
    key = await vault.key(transaction, row["person"])
    return email_to_compare(msgspec.json.decode(key.decrypt(row["sealed"], PROFILE), type=Profile).email)


async def _subject(vault: Vault, transaction: Transaction, row: Any) -> str:
    key = await vault.key(transaction, row["person"])
    return subject_to_find(row["provider"], key.decrypt(row["sealed"], SUBJECT))


INDEXES = (
    _Index(EMAIL, "members", "email_index", "id", "NULL AS provider", _email),
    _Index(SUBJECT, "identities", "subject_index", "member_id", "provider", _subject),
)


async def reindex(
    database: Database, vault: Vault, tenant: str, *, pause_seconds: float = PAUSE_SECONDS
) -> dict[str, int]:
    """Give the indexes of `tenant` new keys and destroy the old ones; return how many rows moved for each use.

    Raises Unavailable, KeysInUse.
    """
    keys, moved = vault.tenant_keys, {}
    for index in INDEXES:
        use = for_index(index.purpose)
        ring = await keys.reload(tenant, use, await keys.ring(tenant, use))
        if len(ring.versions) == 1:
            await rotation.make_version(database, keys, tenant, use)
    # What attempts from an address are counted under is in no row: the counts begin anew.
    use = for_index(LOGIN_ADDRESS)
    newest = await rotation.make_version(database, keys, tenant, use)
    await asyncio.sleep(pause_seconds)
    await rotation.retire(database, tenant, use, newest)
    for index in INDEXES:
        moved[for_index(index.purpose)] = await _finish(database, vault, tenant, index)
    return moved


async def _finish(database: Database, vault: Vault, tenant: str, index: _Index) -> int:
    keys, use, moved = vault.tenant_keys, for_index(index.purpose), 0
    older = f"index_version < $2 AND {index.column} IS NOT NULL"
    for _ in range(_ROUNDS):
        ring = await keys.reload(tenant, use, await keys.ring(tenant, use))
        newest = ring.newest.version

        async def move(transaction: Transaction, newest: int = newest) -> int:
            return await _move(transaction, vault, index, newest)

        moved += await _move_all(database, tenant, move)
        rest = await rotation.retire_unused(database, tenant, use, newest, index.table, older, move)
        if rest is not None:
            log.info("%s of %s: version %d is the only one now", use, tenant, newest)
            return moved + rest
        await asyncio.sleep(_ROUND_SECONDS)
    raise KeysInUse()


async def _move_all(database: Database, tenant: str, move: rotation.MoveRest) -> int:
    moved = 0
    while True:
        async with database.transaction(tenant) as transaction:
            batch = await move(transaction)
        if not batch:
            return moved
        moved += batch


async def _move(transaction: Transaction, vault: Vault, index: _Index, newest: int) -> int:
    """Index some rows of older versions anew; return how many."""
    rows = await transaction.fetch(
        f"SELECT id, {index.person} AS person, {index.more}, sealed FROM {index.table} WHERE tenant = $1"
        f" AND index_version < $2 AND {index.column} IS NOT NULL ORDER BY id LIMIT {_BATCH} FOR UPDATE SKIP LOCKED",
        *(transaction.tenant, newest),
    )
    changed = []
    for row in rows:
        value = await index.value(vault, transaction, row)
        changed.append((row["id"], await vault.blind_index(transaction.tenant, index.purpose, value), newest))
    await transaction.executemany(
        f"UPDATE {index.table} SET {index.column} = $2, index_version = $3 WHERE id = $1", changed
    )
    return len(rows)
