"""The RSA keys that sign access tokens: published before they sign, valid after they stopped, then destroyed.

        made                 signs_from                    next key's signs_from        verifies_until
         │  in the key set    │  in the key set, signs      │  in the key set            │  destroyed
         └────────────────────┴─────────────────────────────┴────────────────────────────┘

Each private key is encrypted under a key of its own in the service's vault; destroying that one destroys the key.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.kit.errors import Unavailable
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.kit.privacy import Vault
from jangteo.user.settings import UserSettings

log = logging.getLogger(__name__)

_BITS = 2048
_PURPOSE = "signing_key"
# Tokens are believed a little longer than they live, because clocks differ.
_GRACE = timedelta(seconds=90)
RELOAD_SECONDS = 10.0
_NEWEST = "SELECT max(signs_from) FROM signing_keys"

# Whether the newest key's first moment of signing, and the present one, call for another key.
Due = Callable[[datetime | None, datetime], bool]


class KeysMissing(Unavailable):
    """No signing key is loaded yet."""

    code = "keys.missing"


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair; `public` is its JWK (RFC 7517)."""

    id: UUID
    private: Any
    public: dict[str, Any]
    signs_from: datetime
    verifies_until: datetime | None


class KeyRing:
    """The keys that are in use, in memory, kept up to date with the database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._keys: list[SigningKey] = []

    async def load(self) -> None:
        """Read the keys. Raises Unavailable."""
        known = {key.id: key for key in self._keys}
        keys = []
        async with self._database.read(EVERY_TENANT) as reader:
            for row in await reader.fetch(
                "SELECT id, sealed, signs_from, verifies_until FROM signing_keys"
                " WHERE verifies_until IS NULL OR verifies_until > $1 ORDER BY signs_from",
                self._database.clock.now(),
            ):
                old = known.get(row["id"])
                private = old.private if old else await self._open(reader, row)
                keys.append(
                    SigningKey(
                        id=row["id"],
                        private=private,
                        public=old.public if old else _jwk(row["id"], private),
                        signs_from=row["signs_from"],
                        verifies_until=row["verifies_until"],
                    )
                )
        self._keys = keys

    async def keep_loading(self) -> None:
        """Load again and again, until cancelled: another process may have rotated the keys."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self.load()
            except Unavailable:
                log.warning("the signing keys could not be read again; the known ones stay in use")

    def signer(self) -> SigningKey:
        """Return the key that signs now. Raises KeysMissing."""
        now = self._database.clock.now()
        for key in reversed(self._keys):
            if key.signs_from <= now and (key.verifies_until is None or key.verifies_until > now):
                return key
        raise KeysMissing()

    def key_set(self) -> dict[str, Any]:
        """Return the JWK set of all keys whose tokens hold, or will."""
        now = self._database.clock.now()
        return {"keys": [key.public for key in self._keys if key.verifies_until is None or key.verifies_until > now]}

    async def fetch(self) -> dict[str, Any]:
        """Return the key set, as this service's own token check asks for it."""
        return self.key_set()

    async def _open(self, reader: Any, row: Any) -> Any:
        text = (await self._vault.key(reader, row["id"])).decrypt(row["sealed"], _PURPOSE)
        return serialization.load_pem_private_key(text.encode(), password=None)


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """How keys follow one another; all spans are told by the settings."""

    lead: timedelta
    token_life: timedelta
    max_age: timedelta

    @classmethod
    def by(cls, settings: UserSettings) -> Self:
        """Return the rotation that the settings ask for."""
        return cls(
            lead=timedelta(seconds=settings.key_lead_seconds),
            token_life=timedelta(seconds=settings.access_token_seconds),
            max_age=timedelta(days=settings.key_age_days),
        )

    async def ensure(self, database: Database, vault: Vault) -> bool:
        """Make the first key, or the next one when the newest is old; return whether this call made one."""

        def due(newest: datetime | None, now: datetime) -> bool:
            return newest is None or now >= newest + self.max_age

        async with database.read(EVERY_TENANT) as reader:
            newest = await reader.fetchval(_NEWEST)
        if not due(newest, database.clock.now()):
            return False
        return await self._make(database, vault, due)

    async def rotate(self, database: Database, vault: Vault) -> bool:
        """Make the next key and let the others end; return False where the newest one does not sign yet."""
        return await self._make(database, vault, lambda newest, now: newest is None or newest <= now)

    async def replace(self, database: Database, vault: Vault) -> None:
        """Make a key that signs at once and end all others, because somebody else may have one.

        Every token that they signed stops to hold, as soon as the verifiers fetch the key set again (5 minutes).
        """
        await self._make(database, vault, lambda newest, now: True, compromised=True)

    async def _make(self, database: Database, vault: Vault, due: Due, *, compromised: bool = False) -> bool:
        id, pem = new_id(), await asyncio.to_thread(_new_private_key)
        async with database.system() as transaction:
            await transaction.fetchval("SELECT pg_advisory_xact_lock(hashtext('signing_keys'))")
            newest, now = await transaction.fetchval(_NEWEST), database.clock.now()
            if not due(newest, now):
                return False
            signs_from = now if compromised or newest is None else now + self.lead
            key = await vault.make_key(transaction, id)
            await transaction.execute(
                "INSERT INTO signing_keys (id, tenant, sealed, signs_from) VALUES ($1, $2, $3, $4)",
                id,
                EVERY_TENANT,
                key.encrypt(pem, _PURPOSE),
                signs_from,
            )
            ends = now if compromised else signs_from + self.token_life + _GRACE
            await _end_others(transaction, vault, id, ends)
        log.info("signing key %s was made", id)
        return True


async def _end_others(transaction: Transaction, vault: Vault, id: UUID, ends: datetime) -> None:
    await transaction.execute(
        "UPDATE signing_keys SET verifies_until = least(verifies_until, $2) WHERE id <> $1", id, ends
    )
    over = await transaction.fetch(
        "DELETE FROM signing_keys WHERE verifies_until <= $1 RETURNING id", transaction.clock.now()
    )
    for row in over:
        await vault.destroy(transaction, row["id"])


def _new_private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _jwk(id: UUID, private: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    return {**public, "kid": str(id), "use": "sig", "alg": "RS256"}
