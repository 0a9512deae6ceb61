"""Keys of what the law makes a shop keep: one for each purpose and due date, destroyed on that day with all under it.

A record is sealed for its purpose; whoever reads it has to say which. Once the key of a day is destroyed, no copy of
that day's records can be read, wherever it is. A backup of `legal_keys` still has the key: it must not outlive the day.
"""

import base64
import re
import time
from datetime import date
from typing import Any, NamedTuple

from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy.providers import KeyUnknown
from jangteo.kit.privacy.sealing import Cipher, Unreadable, new_key
from jangteo.kit.privacy.tenant_keys import LEGAL, TenantKeys

_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEY_MEMORY_SECONDS = 30.0
_REMEMBERED = 2_000

_MAKE = """
WITH present AS (
    SELECT wrapped_key, key_version FROM legal_keys WHERE tenant = $1 AND purpose = $2 AND due_on = $3),
made AS (
    INSERT INTO legal_keys AS mine (tenant, purpose, due_on, wrapped_key, key_version)
    SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM present) AND EXISTS (
        SELECT FROM tenant_keys WHERE tenant = $1 AND use = 'legal' AND version = $5 AND retired_at IS NULL)
    ON CONFLICT (tenant, purpose, due_on) DO UPDATE SET wrapped_key = mine.wrapped_key
    RETURNING wrapped_key, key_version)
SELECT wrapped_key, key_version FROM present UNION ALL SELECT wrapped_key, key_version FROM made
"""


class LegalKeyDestroyed(NotFound):
    """What was kept by law until a day is gone since that day."""

    code = "legal.destroyed"
    ko = "보존 기간이 끝나 파기된 기록입니다."
    en = "This record was destroyed at the end of its retention period."


class Destroyed(NamedTuple):
    """A key that was destroyed."""

    purpose: str
    due_on: date


class LegalKey:
    """Seals and unseals the records of one purpose that are due on one day."""

    def __init__(self, key: bytes, bound_to: bytes) -> None:
        self._cipher = Cipher(key)
        self._bound_to = bound_to

    def seal(self, text: str) -> str:
        """Return `text` encrypted (AES-256-GCM, base64), bound to purpose and due date."""
        return base64.b64encode(self._cipher.seal(text.encode(), self._bound_to)).decode()

    def unseal(self, sealed: str) -> str:
        """Return the text. Raises ValueError where it was changed, or sealed for another purpose or day."""
        try:
            return self._cipher.unseal(base64.b64decode(sealed), self._bound_to).decode()
        except Unreadable:
            raise ValueError("the record was not sealed for this purpose and day") from None


class LegalKeys:
    """The rows of `legal_keys`."""

    def __init__(self, tenant_keys: TenantKeys) -> None:
        self._tenant_keys = tenant_keys
        self._remembered: dict[tuple[str, str, date], tuple[float, LegalKey]] = {}

    async def make(self, transaction: Transaction, purpose: str, due_on: date) -> LegalKey:
        """Return the key, made on first use. Raises LegalKeyDestroyed, and ValueError for a bad purpose."""
        if not _PURPOSE.fullmatch(purpose):
            raise ValueError(f"not a purpose: {purpose!r}")
        tenant = transaction.tenant
        if (known := self._recall(tenant, purpose, due_on)) is not None:
            return known
        row = None
        ring = await self._tenant_keys.ring(tenant, LEGAL)
        for _ in range(2):
            newest = ring.newest
            wrapped = newest.cipher.seal(new_key(), _bound_to(purpose, due_on))
            row = await transaction.fetchrow(_MAKE, tenant, purpose, due_on, wrapped, newest.version)
            if row is not None:
                break
            ring = await self._tenant_keys.reload(tenant, LEGAL, ring)
        if row is None:
            raise KeyUnknown(key="a tenant key that is not retired")
        key = await self._opened(tenant, purpose, due_on, row)
        transaction.after_commit(lambda: self._remember(tenant, purpose, due_on, key))
        return key

    async def get(self, reader: Reader, purpose: str, due_on: date) -> LegalKey:
        """Return the key. Raises LegalKeyDestroyed."""
        if (known := self._recall(reader.tenant, purpose, due_on)) is not None:
            return known
        row = await reader.fetchrow(
            "SELECT wrapped_key, key_version FROM legal_keys WHERE tenant = $1 AND purpose = $2 AND due_on = $3",
            reader.tenant,
            purpose,
            due_on,
        )
        key = await self._opened(reader.tenant, purpose, due_on, row)
        if not isinstance(reader, Transaction):
            self._remember(reader.tenant, purpose, due_on, key)
        return key

    async def destroy_due(self, transaction: Transaction, today: date) -> list[Destroyed]:
        """Destroy the tenant's keys that are due on or before `today`; return which."""
        rows = await transaction.fetch(
            "UPDATE legal_keys SET wrapped_key = NULL, destroyed_at = $3"
            " WHERE tenant = $1 AND due_on <= $2 AND wrapped_key IS NOT NULL RETURNING purpose, due_on",
            transaction.tenant,
            today,
            transaction.clock.now(),
        )
        destroyed = sorted(Destroyed(row["purpose"], row["due_on"]) for row in rows)

        def forget() -> None:
            for purpose, due_on in destroyed:
                self._remembered.pop((transaction.tenant, purpose, due_on), None)

        transaction.after_commit(forget)
        return destroyed

    async def _opened(self, tenant: str, purpose: str, due_on: date, row: Any) -> LegalKey:
        if row is None or row["wrapped_key"] is None:
            raise LegalKeyDestroyed()
        wrapping = await self._tenant_keys.version(tenant, LEGAL, row["key_version"])
        bound_to = _bound_to(purpose, due_on)
        return LegalKey(wrapping.cipher.unseal(row["wrapped_key"], bound_to), bound_to)

    def _recall(self, tenant: str, purpose: str, due_on: date) -> LegalKey | None:
        known = self._remembered.get((tenant, purpose, due_on))
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def _remember(self, tenant: str, purpose: str, due_on: date, key: LegalKey) -> None:
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[tenant, purpose, due_on] = (time.monotonic() + KEY_MEMORY_SECONDS, key)


def _bound_to(purpose: str, due_on: date) -> bytes:
    return f"{purpose}:{due_on.isoformat()}".encode()
