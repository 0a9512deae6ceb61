"""The vault of one service: the keys of persons, blind indexes, signatures, and the keys of what the law keeps.

    master key   held by the key provider (file, environment, HashiCorp Vault, AWS KMS), never beside the data
      └─ tenant keys    random, one for each use, wrapped by the master key: `tenant_keys`
           ├─ wrap      └─ person keys   random, one for each person, wrapped: `person_keys`
           ├─ legal     └─ legal keys    random, one for each purpose and due date, wrapped: `legal_keys`
           ├─ index:P   makes values of purpose P findable and not readable
           └─ mac:P     signs what is handed out for purpose P

Destroying a row's key makes every ciphertext under it unreadable, in copies and backups taken later too.
"""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from jangteo.kit.background import alongside
from jangteo.kit.postgres import Database, Reader, Transaction
from jangteo.kit.privacy import legal
from jangteo.kit.privacy.legal import LegalKey, LegalKeys
from jangteo.kit.privacy.person import PersonErased, PersonKey
from jangteo.kit.privacy.providers import KeyUnknown, open_keyholders
from jangteo.kit.privacy.sealing import new_key
from jangteo.kit.privacy.settings import PrivateSettings
from jangteo.kit.privacy.tenant_keys import WRAP, Ring, TenantKeys, for_index, for_mac

# How long a process may go on using a key that another one has destroyed.
KEY_MEMORY_SECONDS = 30.0
_REMEMBERED = 10_000

# Nothing is written for a person who has a key. A version that was retired meanwhile wraps nothing new.
_MAKE = """
WITH present AS (SELECT wrapped_key, key_version FROM person_keys WHERE tenant = $1 AND person_id = $2),
made AS (
    INSERT INTO person_keys AS mine (tenant, person_id, wrapped_key, key_version)
    SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM present) AND EXISTS (
        SELECT FROM tenant_keys WHERE tenant = $1 AND use = 'wrap' AND version = $4 AND retired_at IS NULL)
    ON CONFLICT (tenant, person_id) DO UPDATE SET wrapped_key = mine.wrapped_key
    RETURNING wrapped_key, key_version)
SELECT wrapped_key, key_version FROM present UNION ALL SELECT wrapped_key, key_version FROM made
"""
# Also where there was no key: a message that comes late must not make one.
_DESTROY = """
INSERT INTO person_keys AS mine (tenant, person_id, wrapped_key, destroyed_at) VALUES ($1, $2, NULL, $3)
ON CONFLICT (tenant, person_id) DO UPDATE SET wrapped_key = NULL, destroyed_at = $3 WHERE mine.wrapped_key IS NOT NULL
RETURNING xmax <> 0
"""


class Claim(NamedTuple):
    """The digests of a value, the newest first, and the version of the key that made the first."""

    version: int
    digests: list[bytes]


class Vault:
    """Keeps the keys of one service."""

    def __init__(self, tenant_keys: TenantKeys) -> None:
        self.tenant_keys = tenant_keys
        self._legal = LegalKeys(tenant_keys)
        self._remembered: dict[tuple[str, UUID], tuple[float, PersonKey]] = {}

    async def make_key(self, transaction: Transaction, person: UUID) -> PersonKey:
        """Return the person's key, made on first use. Raises PersonErased where it was destroyed."""
        tenant = transaction.tenant
        if (known := self._recall(tenant, person)) is not None:
            return known
        row = None
        ring = await self.tenant_keys.ring(tenant, WRAP)
        for _ in range(2):
            newest = ring.newest
            wrapped = newest.cipher.seal(new_key(), person.bytes)
            if (row := await transaction.fetchrow(_MAKE, tenant, person, wrapped, newest.version)) is not None:
                break
            ring = await self.tenant_keys.reload(tenant, WRAP, ring)
        if row is None:
            raise KeyUnknown(key="a tenant key that is not retired")
        key = await self._unwrap(ring, tenant, person, row)
        # Not before: the transaction that made it may still roll back.
        transaction.after_commit(lambda: self._remember(tenant, person, key))
        return key

    async def key(self, reader: Reader, person: UUID) -> PersonKey:
        """Return the person's key. Raises PersonErased where there is none."""
        if (known := self._recall(reader.tenant, person)) is not None:
            return known
        row = await reader.fetchrow(
            "SELECT wrapped_key, key_version FROM person_keys WHERE tenant = $1 AND person_id = $2",
            reader.tenant,
            person,
        )
        if row is None:
            raise PersonErased()
        key = await self._unwrap(await self.tenant_keys.ring(reader.tenant, WRAP), reader.tenant, person, row)
        if not isinstance(reader, Transaction):
            self._remember(reader.tenant, person, key)
        return key

    async def destroy(self, transaction: Transaction, person: UUID) -> bool:
        """Destroy the person's key, and let none be made again; return whether there was one. There is no way back."""
        tenant = transaction.tenant
        had_one = await transaction.fetchval(_DESTROY, tenant, person, transaction.clock.now())
        self._remembered.pop((tenant, person), None)
        # And again: meanwhile somebody else may have read, and remembered, what is being destroyed.
        transaction.after_commit(lambda: self._forget(tenant, person))
        return bool(had_one)

    async def fingerprint(self, transaction: Transaction, person: UUID) -> str:
        """Return 32 hexadecimal digits that name the person's key and tell nothing of it; empty where there is none."""
        wrapped = await transaction.fetchval(
            "SELECT wrapped_key FROM person_keys WHERE tenant = $1 AND person_id = $2 FOR UPDATE",
            transaction.tenant,
            person,
        )
        return hashlib.sha256(wrapped).hexdigest()[:32] if wrapped is not None else ""

    async def blind_index(self, tenant: str, purpose: str, value: str) -> bytes:
        """Return a keyed digest (HMAC-SHA-256) by which `value` can be found without being readable."""
        ring = await self.tenant_keys.ring(tenant, for_index(purpose))
        return _hmac(ring.newest.secret, value)

    async def blind_indexes(self, reader: Reader, purpose: str, value: str) -> list[bytes]:
        """Return the digest under each version in use, the newest first: rows not yet re-indexed have an older one.

        The versions are those in the database now: what another process stored under a new one is found at once.
        """
        ring = await self._live_ring(reader, for_index(purpose))
        return [_hmac(key.secret, value) for key in ring.versions]

    async def claim(self, transaction: Transaction, purpose: str, value: str) -> Claim:
        """Return under which digests `value` may be stored already; until the end nobody else claims it.

        A unique index does not hold across the versions of its key. Who finds no row with any of the digests may store
        one under the first.
        """
        use, ring = for_index(purpose), None
        while True:
            known = await self._live_ring(transaction, use)
            if ring is not None and _numbers(ring) == _numbers(known):
                return Claim(known.newest.version, [_hmac(key.secret, value) for key in known.versions])
            ring = known
            # The oldest is known to everybody whose versions are those that hold; who has others looks again.
            oldest = f"{use}:{_hmac(ring.versions[-1].secret, value).hex()}"
            await transaction.fetchval("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", oldest)

    async def sign(self, tenant: str, purpose: str, text: str) -> bytes:
        """Return the signature (HMAC-SHA-256, 32 bytes) of what is handed out, such as a token."""
        ring = await self.tenant_keys.ring(tenant, for_mac(purpose))
        return _hmac(ring.newest.secret, text)

    async def is_signed(self, tenant: str, purpose: str, text: str, signature: bytes) -> bool:
        """Say whether `signature` is that of `text`, under any version in use."""
        ring = await self.tenant_keys.ring(tenant, for_mac(purpose))
        return any(hmac.compare_digest(_hmac(key.secret, text), signature) for key in ring.versions)

    async def legal_key(self, transaction: Transaction, purpose: str, due_on: date) -> LegalKey:
        """Return the key of records kept for `purpose` until `due_on`, made on first use.

        Raises LegalKeyDestroyed where that day has been cleared already.
        """
        return await self._legal.make(transaction, purpose, due_on)

    async def open_legal(self, reader: Reader, purpose: str, due_on: date) -> LegalKey:
        """Return the key by which those records are read. Raises LegalKeyDestroyed where it is gone, or never was."""
        return await self._legal.get(reader, purpose, due_on)

    async def destroy_due(self, transaction: Transaction, today: date) -> list[legal.Destroyed]:
        """Destroy the tenant's legal keys that are due on or before `today`; return which. There is no way back."""
        return await self._legal.destroy_due(transaction, today)

    async def _live_ring(self, reader: Reader, use: str) -> Ring:
        """Return the keys for `use`, loaded again where the database has other versions than memory."""
        ring = await self.tenant_keys.ring(reader.tenant, use)
        rows = await reader.fetch(
            "SELECT version FROM tenant_keys WHERE tenant = $1 AND use = $2 AND retired_at IS NULL"
            " ORDER BY version DESC",
            *(reader.tenant, use),
        )
        if [row["version"] for row in rows] == _numbers(ring):
            return ring
        return await self.tenant_keys.reload(reader.tenant, use, ring)

    async def _unwrap(self, ring: Ring, tenant: str, person: UUID, row: Any) -> PersonKey:
        if row["wrapped_key"] is None:
            raise PersonErased()
        wrapping = ring.version(row["key_version"])
        if wrapping is None:
            wrapping = await self.tenant_keys.version(tenant, WRAP, row["key_version"])
        return PersonKey(wrapping.cipher.unseal(row["wrapped_key"], person.bytes), person)

    def _recall(self, tenant: str, person: UUID) -> PersonKey | None:
        known = self._remembered.get((tenant, person))
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def _remember(self, tenant: str, person: UUID, key: PersonKey) -> None:
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[tenant, person] = (time.monotonic() + KEY_MEMORY_SECONDS, key)

    def _forget(self, tenant: str, person: UUID) -> None:
        self._remembered.pop((tenant, person), None)


@asynccontextmanager
async def open_vault(
    settings: PrivateSettings, database: Database, uses: Sequence[str] = (WRAP,)
) -> AsyncIterator[Vault]:
    """Open the vault of a service, with the tenants' keys for `uses` at hand.

    Raises SettingsError where the key provider's address is no good, Unavailable where it does not answer.
    """
    async with open_keyholders(settings.key_provider, settings.former_key_provider) as keyholders:
        keys = TenantKeys(settings.service, settings.database_url, database, keyholders)
        await keys.prepare({*settings.tenants, settings.default_tenant}, uses)
        async with alongside(keys.keep_renewing(), "tenant keys"):
            yield Vault(keys)


def _numbers(ring: Ring) -> list[int]:
    return [key.version for key in ring.versions]


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
