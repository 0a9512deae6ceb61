"""Loads and saves members' accounts at other providers, and the log-ins by them that are under way."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import EVERY_TENANT, Database, Reader, Transaction
from jangteo.kit.privacy import Vault
from jangteo.user.domain.identity import LOGIN_LIFE, Attempt, IdentityTaken
from jangteo.user.oidc.provider import Claims

SUBJECT = "identity.subject"
_PENDING = "oidc.claims"
_SWEEP = 500
_HELD = "SELECT id FROM identities WHERE tenant = $1 AND provider = $2 AND subject_index = ANY($3)"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A member's account at a provider; `subject` is the provider's name for it."""

    provider: str
    member_id: UUID
    subject: str
    linked_at: datetime
    used_at: datetime


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A log-in under way; `member_id` is whose identity it is to become, for one who is logged in already."""

    provider: str
    redirect_uri: str
    member_id: UUID | None


class Identities:
    """The accounts at other providers, found by a blind index and sealed under each member's own key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def holder(self, transaction: Transaction, provider: str, subject: str) -> UUID | None:
        """Return the member whose account this is, and note that it was used."""
        found: UUID | None = await transaction.fetchval(
            "UPDATE identities SET used_at = $4 WHERE tenant = $1 AND provider = $2 AND subject_index = ANY($3)"
            " RETURNING member_id",
            transaction.tenant,
            provider,
            await self._vault.blind_indexes(transaction, SUBJECT, subject_to_find(provider, subject)),
            transaction.clock.now(),
        )
        return found

    async def link(self, transaction: Transaction, member: UUID, provider: str, subject: str) -> None:
        """Let an account be a way into a member's. Raises IdentityTaken."""
        key = await self._vault.key(transaction, member)
        claim = await self._vault.claim(transaction, SUBJECT, subject_to_find(provider, subject))
        if await transaction.fetchval(_HELD, transaction.tenant, provider, claim.digests) is not None:
            raise IdentityTaken(field="provider")
        try:
            await transaction.execute(
                "INSERT INTO identities (tenant, id, member_id, provider, subject_index, index_version, sealed,"
                " linked_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
                *(transaction.tenant, new_id(), member, provider, claim.digests[0], claim.version),
                key.encrypt(subject, SUBJECT),
                transaction.clock.now(),
            )
        except asyncpg.UniqueViolationError:
            raise IdentityTaken(field="provider") from None

    async def of(self, reader: Reader, member: UUID) -> list[Identity]:
        """Return a member's accounts, the first linked first."""
        rows = await reader.fetch(
            "SELECT provider, sealed, linked_at, used_at FROM identities WHERE tenant = $1 AND member_id = $2"
            " ORDER BY linked_at, id",
            reader.tenant,
            member,
        )
        key = await self._vault.key(reader, member)
        return [
            Identity(
                provider=row["provider"],
                member_id=member,
                subject=key.decrypt(row["sealed"], SUBJECT),
                linked_at=row["linked_at"],
                used_at=row["used_at"],
            )
            for row in rows
        ]

    async def remove(self, transaction: Transaction, member: UUID, provider: str) -> bool:
        """Delete a link; return whether there was one."""
        return bool(
            await transaction.execute(
                "DELETE FROM identities WHERE tenant = $1 AND member_id = $2 AND provider = $3",
                transaction.tenant,
                member,
                provider,
            )
        )

    async def hold(self, transaction: Transaction, attempt: Attempt, stage: str, claims: Claims) -> None:
        """Keep, sealed under a key of its own, what the provider said, until the visitor has done the rest."""
        key = await self._vault.make_key(transaction, attempt.id)
        await transaction.execute(
            "UPDATE oidc_logins SET stage = $3, sealed = $4, expires_at = $5 WHERE tenant = $1 AND id = $2",
            transaction.tenant,
            attempt.id,
            stage,
            key.encrypt(msgspec.json.encode(claims).decode(), _PENDING),
            transaction.clock.now() + LOGIN_LIFE,
        )

    async def held(self, reader: Reader, provider: str, attempt: Attempt, stage: str, now: datetime) -> Claims | None:
        """Return what a log-in waits with `now`; None where it is over, or waits for something else."""
        row = await reader.fetchrow(
            "SELECT sealed FROM oidc_logins WHERE tenant = $1 AND id = $2 AND digest = $3 AND provider = $4"
            " AND stage = $5 AND expires_at > $6",
            reader.tenant,
            attempt.id,
            attempt.digest,
            provider,
            stage,
            now,
        )
        if row is None:
            return None
        text = (await self._vault.key(reader, attempt.id)).decrypt(row["sealed"], _PENDING)
        return msgspec.json.decode(text, type=Claims)

    async def end(self, transaction: Transaction, attempt: Attempt) -> bool:
        """Forget a log-in and destroy its key; return whether it was still there."""
        row = await transaction.fetchrow(
            "DELETE FROM oidc_logins WHERE tenant = $1 AND id = $2 RETURNING sealed", transaction.tenant, attempt.id
        )
        if row is not None and row["sealed"] is not None:
            await self._vault.destroy(transaction, attempt.id)
        return row is not None

    async def sweep(self, database: Database) -> int:
        """Forget the log-ins, of all tenants, that were not finished in time; return how many."""
        async with database.read(EVERY_TENANT) as reader:
            over = await reader.fetch(
                "SELECT tenant, id FROM oidc_logins WHERE expires_at < $1 LIMIT $2", database.clock.now(), _SWEEP
            )
        for row in over:
            async with database.transaction(row["tenant"]) as transaction:
                await self.end(transaction, Attempt(row["id"], b""))
        return len(over)


def subject_to_find(provider: str, subject: str) -> str:
    """Return what an account is found by: subjects of two providers may be equal."""
    return f"{provider} {subject}"


async def begin(transaction: Transaction, waiting: Waiting) -> Attempt:
    """Save that a log-in began."""
    attempt = Attempt.new(new_id())
    await transaction.execute(
        "INSERT INTO oidc_logins (tenant, id, digest, provider, redirect_uri, member_id, stage, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'started', $7)",
        transaction.tenant,
        attempt.id,
        attempt.digest,
        waiting.provider,
        waiting.redirect_uri,
        waiting.member_id,
        transaction.clock.now() + LOGIN_LIFE,
    )
    return attempt


async def take(transaction: Transaction, provider: str, attempt: Attempt, member: UUID | None) -> Waiting | None:
    """Return a log-in that began, and let nobody take it again; None where it is over, taken, or somebody else's."""
    row = await transaction.fetchrow(
        "UPDATE oidc_logins SET stage = 'taken' WHERE tenant = $1 AND id = $2 AND digest = $3 AND provider = $4"
        " AND stage = 'started' AND expires_at > $5 AND member_id IS NOT DISTINCT FROM $6"
        " RETURNING provider, redirect_uri, member_id",
        transaction.tenant,
        attempt.id,
        attempt.digest,
        provider,
        transaction.clock.now(),
        member,
    )
    return Waiting(**row) if row else None
