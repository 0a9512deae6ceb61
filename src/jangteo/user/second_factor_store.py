"""Loads, locks and saves second factors, recovery codes, and the log-ins that wait for a code."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import Vault
from jangteo.user.domain.second_factor import as_typed

_SECRET = "second_factor.secret"  # noqa: S105
_RECOVERY = "second_factor.recovery_code"
CHALLENGE_LIFE = timedelta(minutes=5)
CHALLENGE_ATTEMPTS = 5
_CHALLENGE_BYTES = 32


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """A member's authenticator; pending until `confirmed_at`."""

    secret: bytes
    confirmed_at: datetime | None
    last_step: int


class SecondFactors:
    """The second factors of all members, each sealed under the member's own key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def lock(self, transaction: Transaction, member: UUID) -> Factor | None:
        """Return the factor, which nobody else may use or change until the end; None where there is none."""
        row = await transaction.fetchrow(
            "SELECT sealed, confirmed_at, last_step FROM second_factors WHERE tenant = $1 AND member_id = $2"
            " FOR UPDATE",
            transaction.tenant,
            member,
        )
        if row is None:
            return None
        secret = (await self._vault.key(transaction, member)).decrypt(row["sealed"], _SECRET)
        return Factor(secret=base64.b64decode(secret), confirmed_at=row["confirmed_at"], last_step=row["last_step"])

    async def begin(self, transaction: Transaction, member: UUID, secret: bytes) -> bool:
        """Save a pending secret in place of another pending one; return False where a confirmed one is there."""
        key = await self._vault.key(transaction, member)
        return bool(
            await transaction.execute(
                "INSERT INTO second_factors AS mine (tenant, member_id, sealed, created_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (member_id) DO UPDATE SET sealed = $3, created_at = $4, last_step = 0"
                " WHERE mine.confirmed_at IS NULL",
                transaction.tenant,
                member,
                key.encrypt(base64.b64encode(secret).decode(), _SECRET),
                transaction.clock.now(),
            )
        )

    async def use_step(self, transaction: Transaction, member: UUID, step: int) -> None:
        """Note that the code of `step` was used, of a factor locked before; the first use confirms it."""
        await transaction.execute(
            "UPDATE second_factors SET last_step = $3, confirmed_at = coalesce(confirmed_at, $4)"
            " WHERE tenant = $1 AND member_id = $2",
            transaction.tenant,
            member,
            step,
            transaction.clock.now(),
        )

    async def remove(self, transaction: Transaction, member: UUID) -> None:
        """Delete the factor and the recovery codes."""
        for table in ("second_factors", "recovery_codes"):
            await transaction.execute(
                f"DELETE FROM {table} WHERE tenant = $1 AND member_id = $2", transaction.tenant, member
            )

    async def replace_codes(self, transaction: Transaction, member: UUID, codes: Iterable[str]) -> None:
        """Let exactly `codes` be the recovery codes; only keyed digests of them are stored."""
        key = await self._vault.key(transaction, member)
        await transaction.execute(
            "DELETE FROM recovery_codes WHERE tenant = $1 AND member_id = $2", transaction.tenant, member
        )
        await transaction.executemany(
            "INSERT INTO recovery_codes (tenant, member_id, digest) VALUES ($1, $2, $3)",
            [(transaction.tenant, member, key.digest(as_typed(code), _RECOVERY)) for code in codes],
        )

    async def use_code(self, transaction: Transaction, member: UUID, code: str) -> bool:
        """Use up a recovery code; return whether it was one."""
        key = await self._vault.key(transaction, member)
        return bool(
            await transaction.execute(
                "DELETE FROM recovery_codes WHERE tenant = $1 AND member_id = $2 AND digest = $3",
                transaction.tenant,
                member,
                key.digest(code, _RECOVERY),
            )
        )


async def is_on(reader: Reader, member: UUID) -> bool:
    """Say whether a member has a confirmed second factor."""
    return bool(
        await reader.fetchval(
            "SELECT confirmed_at IS NOT NULL FROM second_factors WHERE tenant = $1 AND member_id = $2",
            reader.tenant,
            member,
        )
    )


async def codes_left(reader: Reader, member: UUID) -> int:
    """Return how many recovery codes a member has left."""
    left: int = await reader.fetchval(
        "SELECT count(*) FROM recovery_codes WHERE tenant = $1 AND member_id = $2", reader.tenant, member
    )
    return left


async def open_challenge(transaction: Transaction, member: UUID) -> str:
    """Let a log-in wait for its code; return the token that names it, which is stored as a digest only."""
    token, now = secrets.token_urlsafe(_CHALLENGE_BYTES), transaction.clock.now()
    await transaction.execute(
        "DELETE FROM login_challenges WHERE tenant = $1 AND member_id = $2 AND expires_at < $3",
        transaction.tenant,
        member,
        now,
    )
    await transaction.execute(
        "INSERT INTO login_challenges (tenant, digest, member_id, expires_at) VALUES ($1, $2, $3, $4)",
        transaction.tenant,
        _digest(token),
        member,
        now + CHALLENGE_LIFE,
    )
    return token


async def try_challenge(transaction: Transaction, token: str) -> UUID | None:
    """Count an attempt at a challenge; return whose it is, or None where no further attempt is allowed."""
    member: UUID | None = await transaction.fetchval(
        "UPDATE login_challenges SET attempts = attempts + 1"
        " WHERE tenant = $1 AND digest = $2 AND expires_at > $3 AND attempts < $4 RETURNING member_id",
        transaction.tenant,
        _digest(token),
        transaction.clock.now(),
        CHALLENGE_ATTEMPTS,
    )
    return member


async def close_challenge(transaction: Transaction, token: str) -> bool:
    """Use a challenge up; return whether it was still there."""
    return bool(
        await transaction.execute(
            "DELETE FROM login_challenges WHERE tenant = $1 AND digest = $2", transaction.tenant, _digest(token)
        )
    )


async def drop_challenges(transaction: Transaction, member: UUID) -> None:
    """End all log-ins of a member that wait for a code: the password they were begun with holds no more."""
    await transaction.execute(
        "DELETE FROM login_challenges WHERE tenant = $1 AND member_id = $2", transaction.tenant, member
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
