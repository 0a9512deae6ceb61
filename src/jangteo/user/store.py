"""Loads, locks and saves members and their consents: every write of what is known about a person."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import Claim, PersonErased, Vault
from jangteo.user.domain.member import Consent, Language, Member, Profile
from jangteo.user.domain.person import EmailTaken, MemberUnknown, email_to_compare

EMAIL = "member.email"
PROFILE = "member.profile"
_HELD = "SELECT id FROM members WHERE tenant = $1 AND email_index = ANY($2)"
_COLUMNS = "id, sealed, language, version, created_at, email_verified_at"


class Credentials(NamedTuple):
    """What a log-in is checked against."""

    member_id: UUID
    password_hash: str


class Members:
    """The members of all tenants, encrypted on the way in and decrypted on the way out."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    async def index(self, tenant: str, email: str) -> bytes:
        """Return the blind index by which the member with `email` is found."""
        return await self.vault.blind_index(tenant, EMAIL, email_to_compare(email))

    async def add(
        self,
        transaction: Transaction,
        profile: Profile,
        language: Language,
        password_hash: str,
        *,
        verified: bool = False,
    ) -> Member:
        """Insert a member; `verified` where the address is known to be the member's. Raises EmailTaken."""
        id, now = new_id(), transaction.clock.now()
        key = await self.vault.make_key(transaction, id)
        claim = await self._claim(transaction, profile.email)
        try:
            await transaction.execute(
                "INSERT INTO members (tenant, id, email_index, index_version, sealed, password_hash, language,"
                " created_at, updated_at, email_verified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
                *(transaction.tenant, id, claim.digests[0], claim.version, _seal(key, profile)),
                *(password_hash, language, now, now if verified else None),
            )
        except asyncpg.UniqueViolationError:
            raise EmailTaken(field="email") from None
        return Member(id=id, profile=profile, language=language, version=1, created_at=now, email_verified=verified)

    async def save(self, transaction: Transaction, member: Member) -> Member:
        """Write profile and language of a member locked before; return it with its new version."""
        key = await self.vault.key(transaction, member.id)
        await transaction.execute(
            "UPDATE members SET sealed = $2, language = $3, version = version + 1, updated_at = $4 WHERE id = $1",
            member.id,
            _seal(key, member.profile),
            member.language,
            transaction.clock.now(),
        )
        return msgspec.structs.replace(member, version=member.version + 1)

    async def move(self, transaction: Transaction, member: Member, email: str) -> None:
        """Give a member locked before another address, which is proved. Raises EmailTaken."""
        key = await self.vault.key(transaction, member.id)
        claim = await self._claim(transaction, email)
        try:
            await transaction.execute(
                "UPDATE members SET email_index = $2, index_version = $3, sealed = $4, version = version + 1,"
                " updated_at = $5, email_verified_at = $5 WHERE id = $1",
                *(member.id, claim.digests[0], claim.version),
                _seal(key, msgspec.structs.replace(member.profile, email=email)),
                transaction.clock.now(),
            )
        except asyncpg.UniqueViolationError:
            raise EmailTaken(field="email") from None

    async def get(self, reader: Reader, id: UUID) -> Member:
        """Return a member. Raises MemberUnknown."""
        row = await reader.fetchrow(f"SELECT {_COLUMNS} FROM members WHERE tenant = $1 AND id = $2", reader.tenant, id)
        return await self._opened(reader, row)

    async def lock(self, transaction: Transaction, id: UUID) -> Member:
        """Return a member that nobody else may change until the end. Raises MemberUnknown."""
        row = await transaction.fetchrow(
            f"SELECT {_COLUMNS} FROM members WHERE tenant = $1 AND id = $2 FOR UPDATE", transaction.tenant, id
        )
        return await self._opened(transaction, row)

    async def find(self, reader: Reader, email: str) -> Credentials | None:
        """Return who has `email`, or None, in the same time: nothing is decrypted."""
        row = await reader.fetchrow(
            "SELECT id, password_hash FROM members WHERE tenant = $1 AND email_index = ANY($2)",
            reader.tenant,
            await self.vault.blind_indexes(reader, EMAIL, email_to_compare(email)),
        )
        return Credentials(row["id"], row["password_hash"]) if row else None

    async def credentials(self, reader: Reader, id: UUID) -> Credentials:
        """Return what a password of this member is checked against. Raises MemberUnknown."""
        row = await reader.fetchrow(
            "SELECT id, password_hash FROM members WHERE tenant = $1 AND id = $2", reader.tenant, id
        )
        if row is None:
            raise MemberUnknown()
        return Credentials(row["id"], row["password_hash"])

    async def _claim(self, transaction: Transaction, email: str) -> Claim:
        claim = await self.vault.claim(transaction, EMAIL, email_to_compare(email))
        if await transaction.fetchval(_HELD, transaction.tenant, claim.digests) is not None:
            raise EmailTaken(field="email")
        return claim

    async def _opened(self, reader: Reader, row: Any) -> Member:
        if row is None:
            raise MemberUnknown()
        try:
            key = await self.vault.key(reader, row["id"])
        except PersonErased:
            raise MemberUnknown() from None
        return Member(
            id=row["id"],
            profile=msgspec.json.decode(key.decrypt(row["sealed"], PROFILE), type=Profile),
            language=row["language"],
            version=row["version"],
            created_at=row["created_at"],
            email_verified=row["email_verified_at"] is not None,
        )


async def password_hash_of(reader: Reader, id: UUID) -> str | None:
    """Return what a member's password is checked against, None for one who has none."""
    found: str | None = await reader.fetchval(
        "SELECT password_hash FROM members WHERE tenant = $1 AND id = $2", reader.tenant, id
    )
    return found


async def lock_member(transaction: Transaction, id: UUID) -> None:
    """Let nobody else change what belongs to a member until the end. Raises MemberUnknown."""
    found = await transaction.fetchval(
        "SELECT id FROM members WHERE tenant = $1 AND id = $2 FOR UPDATE", transaction.tenant, id
    )
    if found is None:
        raise MemberUnknown()


async def save_password(transaction: Transaction, member: UUID, hashed: str, *, instead_of: str | None = None) -> bool:
    """Save the hash of a new password; with `instead_of`, only where that is the present one. Return whether it did."""
    return bool(
        await transaction.execute(
            "UPDATE members SET password_hash = $3, updated_at = $4"
            " WHERE tenant = $1 AND id = $2 AND password_hash = coalesce($5, password_hash)",
            transaction.tenant,
            member,
            hashed,
            transaction.clock.now(),
            instead_of,
        )
    )


async def hold_password(transaction: Transaction, member: UUID, hashed: str) -> bool:
    """Say whether `hashed` is still the member's, and let nobody change it until the end."""
    found = await transaction.fetchval(
        "SELECT id FROM members WHERE tenant = $1 AND id = $2 AND password_hash = $3 FOR SHARE",
        transaction.tenant,
        member,
        hashed,
    )
    return found is not None


async def verify_email(transaction: Transaction, member: UUID) -> None:
    """Note that the member's address is their own, where that was not known."""
    await transaction.execute(
        "UPDATE members SET email_verified_at = $3, version = version + 1"
        " WHERE tenant = $1 AND id = $2 AND email_verified_at IS NULL",
        transaction.tenant,
        member,
        transaction.clock.now(),
    )


async def add_consents(transaction: Transaction, member: UUID, consents: Iterable[Consent]) -> None:
    """Note what a member agreed to or declined; the last word on a purpose counts, the earlier ones stay."""
    await transaction.executemany(
        "INSERT INTO consents (id, tenant, member_id, purpose, granted, text_version, channel, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (new_id(), transaction.tenant, member, said.purpose, said.granted, said.text_version, said.channel, said.at)
            for said in consents
        ],
    )


def _seal(key: Any, profile: Profile) -> str:
    sealed: str = key.encrypt(msgspec.json.encode(profile).decode(), PROFILE)
    return sealed
