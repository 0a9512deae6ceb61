"""Personal data at rest: encrypted under a key per person, findable by a blind index, erased with the key.

    master key (never stored with the data)
      └─ tenant key      = HKDF(master, tenant)
           └─ person key = 256 random bits, wrapped by the tenant key, one row of `person_keys`

Destroying the row's key makes every ciphertext of that person unreadable, in copies and backups taken later too.
"""

import base64
import hashlib
import hmac
import os
import time
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import Reader, Transaction

_NONCE_BYTES = 12
_KEY_BYTES = 32
# How long a process may go on using a key that another one has destroyed.
KEY_MEMORY_SECONDS = 30.0
_REMEMBERED = 10_000


# The row that is there already is locked by an update of nothing, so that a key made meanwhile is seen too.
_MAKE = """
INSERT INTO person_keys AS present (tenant, person_id, wrapped_key) VALUES ($1, $2, $3)
ON CONFLICT (tenant, person_id) DO UPDATE SET wrapped_key = present.wrapped_key
RETURNING wrapped_key
"""


class PersonErased(NotFound):
    """The person's key is destroyed; what it protected cannot be read any more."""

    code = "person.erased"
    ko = "삭제된 개인정보입니다."
    en = "This personal data was erased."


class PersonKey:
    """Encrypts and decrypts the data of one person."""

    def __init__(self, key: bytes, person: UUID) -> None:
        self._cipher = AESGCM(key)
        self._person = person.bytes

    def encrypt(self, text: str, purpose: str) -> str:
        """Return `text` encrypted (AES-256-GCM, base64). `purpose`, such as `address.phone`, is bound to it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), self._person + purpose.encode())
        return base64.b64encode(nonce + sealed).decode()

    def decrypt(self, sealed: str, purpose: str) -> str:
        """Return the text. Raises ValueError where it was changed, or was sealed for another purpose or person."""
        raw = base64.b64decode(sealed)
        try:
            text = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._person + purpose.encode())
        except InvalidTag:
            raise ValueError(f"the ciphertext does not belong to {purpose} of this person") from None
        return text.decode()


class Vault:
    """Keeps the person keys of one service and makes its blind indexes."""

    def __init__(self, master_key: str) -> None:
        """`master_key` is 32 bytes in base64. Raises ValueError for anything else."""
        self._master = base64.b64decode(master_key)
        if len(self._master) != _KEY_BYTES:
            raise ValueError("the master key must be 32 bytes in base64")
        self._tenant_keys: dict[tuple[str, bytes], bytes] = {}
        self._remembered: dict[tuple[str, UUID], tuple[float, PersonKey]] = {}

    async def make_key(self, transaction: Transaction, person: UUID) -> PersonKey:
        """Return the person's key, made on first use. Raises PersonErased where it was destroyed."""
        if (known := self._recall(transaction.tenant, person)) is not None:
            return known
        wrapped = await transaction.fetchval(
            _MAKE, transaction.tenant, person, self._wrap(transaction.tenant, person, os.urandom(_KEY_BYTES))
        )
        key = self._unwrap(transaction.tenant, person, wrapped)
        # Not before: the transaction that made it may still roll back.
        transaction.after_commit(lambda: self._remember(transaction.tenant, person, key))
        return key

    async def key(self, reader: Reader, person: UUID) -> PersonKey:
        """Return the person's key. Raises PersonErased where there is none."""
        if (known := self._recall(reader.tenant, person)) is not None:
            return known
        key = await self._load(reader, person)
        if not isinstance(reader, Transaction):
            self._remember(reader.tenant, person, key)
        return key

    async def destroy(self, transaction: Transaction, person: UUID) -> bool:
        """Destroy the person's key; return whether there was one. There is no way back."""
        self._remembered.pop((transaction.tenant, person), None)
        return bool(
            await transaction.execute(
                "UPDATE person_keys SET wrapped_key = NULL, destroyed_at = $3"
                " WHERE tenant = $1 AND person_id = $2 AND wrapped_key IS NOT NULL",
                transaction.tenant,
                person,
                transaction.clock.now(),
            )
        )

    def blind_index(self, tenant: str, purpose: str, value: str) -> bytes:
        """Return a keyed digest (HMAC-SHA-256) by which `value` can be found without being readable."""
        key = self._tenant_key(tenant, b"index:" + purpose.encode())
        return hmac.new(key, value.encode(), hashlib.sha256).digest()

    def _recall(self, tenant: str, person: UUID) -> PersonKey | None:
        known = self._remembered.get((tenant, person))
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def _remember(self, tenant: str, person: UUID, key: PersonKey) -> None:
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[tenant, person] = (time.monotonic() + KEY_MEMORY_SECONDS, key)

    async def _load(self, reader: Reader, person: UUID) -> PersonKey:
        wrapped = await reader.fetchval(
            "SELECT wrapped_key FROM person_keys WHERE tenant = $1 AND person_id = $2", reader.tenant, person
        )
        return self._unwrap(reader.tenant, person, wrapped)

    def _unwrap(self, tenant: str, person: UUID, wrapped: bytes | None) -> PersonKey:
        if wrapped is None:
            raise PersonErased()
        cipher = AESGCM(self._tenant_key(tenant, b"wrap"))
        return PersonKey(cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], person.bytes), person)

    def _wrap(self, tenant: str, person: UUID, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._tenant_key(tenant, b"wrap")).encrypt(nonce, key, person.bytes)

    def _tenant_key(self, tenant: str, use: bytes) -> bytes:
        if (tenant, use) not in self._tenant_keys:
            derive = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"jangteo:" + tenant.encode() + b":" + use)
            self._tenant_keys[tenant, use] = derive.derive(self._master)
        return self._tenant_keys[tenant, use]
