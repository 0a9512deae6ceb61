"""The tenant keys of one service: random, one for each use, wrapped by the key provider, in memory for an hour.

Rows of `tenant_keys` are the truth. Whoever needs a key that has no row makes it; of two who do so at once one wins.
A process looks for new versions every half minute, and at once where it meets one that it does not know.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from jangteo.kit.errors import Unavailable
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.privacy.derived import derive
from jangteo.kit.privacy.providers import Keyholders, KeyUnknown, Wrapped
from jangteo.kit.privacy.sealing import Cipher, new_key

log = logging.getLogger(__name__)

WRAP, LEGAL = "wrap", "legal"
# So long may a process go on after the key provider has shut it out, or stopped to answer.
LIFE_SECONDS = 3600.0
RENEW_SECONDS = 30.0
_AT_ONCE = 8

_LIVE = """
SELECT tenant, use, version, wrapped, provider_key, provider_version FROM tenant_keys
WHERE retired_at IS NULL AND (tenant, use) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY version
"""
# In one order everywhere, so that two processes that start together do not wait for each other in a circle.
_ADD = """
INSERT INTO tenant_keys (tenant, use, version, wrapped, provider_key, provider_version)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bytea[], $5::text[], $6::int[]) AS t (a, b, c, d, e, f)
ORDER BY a, b, c ON CONFLICT DO NOTHING
"""

Use = tuple[str, str]


def for_index(purpose: str) -> str:
    """Return the use of the key by which values of `purpose` are found."""
    return f"index:{purpose}"


def for_mac(purpose: str) -> str:
    """Return the use of the key that signs what is handed out for `purpose`."""
    return f"mac:{purpose}"


class TenantKey(NamedTuple):
    """One version, unwrapped."""

    version: int
    secret: bytes
    cipher: Cipher


class Ring(NamedTuple):
    """All versions of one tenant's key for one use that are not retired, the newest first."""

    versions: tuple[TenantKey, ...]
    until: float

    @property
    def newest(self) -> TenantKey:
        """The version to seal with."""
        return self.versions[0]

    def version(self, number: int) -> TenantKey | None:
        """Return a version, or None where it is retired or not known yet."""
        for key in self.versions:
            if key.version == number:
                return key
        return None


class TenantKeys:
    """The tenant keys of one service in memory."""

    def __init__(self, service: str, url: str, database: Database, keyholders: Keyholders) -> None:
        """`url` is that of `database`: what is missing is fetched beside whatever holds its connections."""
        self._service = service
        self._url = url
        self._database = database
        self.keyholders = keyholders
        self._rings: dict[Use, Ring] = {}
        self._locks: dict[Use, asyncio.Lock] = {}

    async def ring(self, tenant: str, use: str) -> Ring:
        """Return the keys of a tenant for `use`, made on first use. Raises Unavailable."""
        ring = self._rings.get((tenant, use))
        if ring is not None and ring.until > time.monotonic():
            return ring
        return await self.reload(tenant, use, ring)

    async def version(self, tenant: str, use: str, number: int) -> TenantKey:
        """Return one version. Raises KeyUnknown where there is none, or no more; Unavailable."""
        ring = await self.ring(tenant, use)
        found = ring.version(number) or (await self.reload(tenant, use, ring)).version(number)
        if found is None:
            raise KeyUnknown(key=f"tenant key {use} {number}")
        return found

    async def reload(self, tenant: str, use: str, seen: Ring | None) -> Ring:
        """Return the keys as they are now in the database, unless somebody else has replaced `seen` meanwhile."""
        async with self._locks.setdefault((tenant, use), asyncio.Lock()):
            present = self._rings.get((tenant, use))
            if present is not None and present is not seen and present.until > time.monotonic():
                return present
            # A connection of its own: those of the pool may all be held by transactions that wait for this key.
            async with open_database(self._url, clock=self._database.clock, max_size=1) as beside:
                await self._fetch(beside, [(tenant, use)])
            return self._rings[tenant, use]

    async def prepare(self, tenants: Iterable[str], uses: Collection[str]) -> None:
        """Have the keys of `tenants` for all `uses` ready, so that no request waits for them. Raises Unavailable."""
        await self._fetch(self._database, [(tenant, use) for tenant in tenants for use in uses])

    async def keep_renewing(self) -> None:
        """Take up new versions, drop retired ones and ask the provider again half an hour later, until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._fetch(self._database, list(self._rings))
            except Unavailable as error:
                log.warning("tenant keys could not be renewed, the known ones hold for a while: %s", error)
            except Exception:
                log.exception("renewing the tenant keys failed")

    def bound_to(self, tenant: str, use: str, version: int) -> bytes:
        """Return what a wrapped key is bound to, so that no row can stand in for another."""
        return f"{self._service}:{tenant}:{use}:{version}".encode()

    async def _fetch(self, database: Database, wanted: list[Use]) -> None:
        if not wanted:
            return
        rows = await _live(database, wanted)
        missing = sorted(set(wanted) - {(row["tenant"], row["use"]) for row in rows})
        if missing:
            await self._make(database, missing)
            rows += await _live(database, missing)
        gate = asyncio.Semaphore(_AT_ONCE)
        opened: dict[Use, list[Any]] = {use: [] for use in wanted}
        for row in rows:
            opened[row["tenant"], row["use"]].insert(0, row)
        await asyncio.gather(*(self._open(use, found, gate) for use, found in opened.items()))

    async def _open(self, use: Use, rows: list[Any], gate: asyncio.Semaphore) -> None:
        if not rows:
            self._rings.pop(use, None)
            raise KeyUnknown(key=f"tenant key {use[1]}: all its versions are retired")
        now, known = time.monotonic(), self._rings.get(use)
        lasting = known if known is not None and known.until > now + LIFE_SECONDS / 2 else None
        keys = []
        for row in rows:
            key = lasting.version(row["version"]) if lasting else None
            if key is None:
                wrapped = Wrapped(row["provider_key"], row["provider_version"], row["wrapped"])
                async with gate:
                    secret = await self.keyholders.unwrap(wrapped, self.bound_to(*use, row["version"]))
                key = TenantKey(row["version"], secret, Cipher(secret))
            keys.append(key)
        self._rings[use] = Ring(tuple(keys), lasting.until if lasting else now + LIFE_SECONDS)

    async def _make(self, database: Database, missing: list[Use]) -> None:
        async with database.read("*") as reader:
            old = {row["tenant"] for row in await reader.fetch("SELECT tenant FROM derived_tenants")}
        made = []
        for tenant, use in missing:
            secret = derive(self.keyholders.first_master_key(), tenant, use) if tenant in old else new_key()
            made.append((tenant, use, 1, await self.keyholders.wrap(secret, self.bound_to(tenant, use, 1))))
        await add_versions(database, made)


async def add_versions(database: Database, made: Collection[tuple[str, str, int, Wrapped]]) -> None:
    """Store new versions (tenant, use, version, wrapped); one that is there already stays as it is."""
    columns = zip(*((tenant, use, version, w.blob, w[0], w[1]) for tenant, use, version, w in made), strict=True)
    async with database.system() as transaction:
        await transaction.execute(_ADD, *(list(column) for column in columns))


async def _live(database: Database, wanted: list[Use]) -> list[Any]:
    async with database.read("*") as reader:
        return await reader.fetch(_LIVE, [tenant for tenant, _ in wanted], [use for _, use in wanted])
