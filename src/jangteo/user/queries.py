"""Reads that no command needs."""

import contextlib
from collections.abc import Iterable
from uuid import UUID

from jangteo.contracts.user import Contact, Mail, MembersMasked
from jangteo.kit.postgres import Database, Reader
from jangteo.user import email_changes
from jangteo.user.account_schemas import MeOut
from jangteo.user.domain.masking import masked
from jangteo.user.domain.person import MemberUnknown
from jangteo.user.grades import grade_of
from jangteo.user.mails import Mails
from jangteo.user.passwords import Passwords
from jangteo.user.role_store import permissions_of, roles_of
from jangteo.user.schemas import ConsentOut
from jangteo.user.store import Members, password_hash_of


class Queries:
    """Answers what the routes ask."""

    def __init__(self, database: Database, members: Members, mails: Mails) -> None:
        self._database = database
        self._members = members
        self._mails = mails

    async def me(self, tenant: str, id: UUID) -> MeOut:
        """Return everything about a member. Raises MemberUnknown."""
        async with self._database.read(tenant) as reader:
            member = await self._members.get(reader, id)
            return MeOut(
                id=member.id,
                email=member.profile.email,
                name=member.profile.name,
                phone=member.profile.phone,
                language=member.language,
                created_at=member.created_at,
                email_verified=member.email_verified,
                version=member.version,
                roles=await roles_of(reader, id),
                permissions=sorted(await permissions_of(reader, id)),
                consents=await _consents(reader, id),
                grade=(await grade_of(reader, id, self._database.clock.now())).grade,
                has_password=not Passwords.is_nobodys(await password_hash_of(reader, id)),
                pending_email=await email_changes.pending(reader, self._members.vault, id),
            )

    async def contact(self, tenant: str, id: UUID) -> Contact:
        """Return how a member is reached. Raises MemberUnknown."""
        async with self._database.read(tenant) as reader:
            member = await self._members.get(reader, id)
        return Contact(
            member_id=member.id, email=member.profile.email, name=member.profile.name, language=member.language
        )

    async def masked(self, tenant: str, ids: Iterable[UUID]) -> MembersMasked:
        """Return what staff may see of those who are members still."""
        found = []
        async with self._database.read(tenant) as reader:
            for id in dict.fromkeys(ids):
                with contextlib.suppress(MemberUnknown):
                    member = await self._members.get(reader, id)
                    seen = masked(member.profile)
                    found.append(Contact(member_id=id, email=seen.email, name=seen.name, language=member.language))
        return MembersMasked(items=found)

    async def mail(self, tenant: str, id: UUID) -> Mail:
        """Return what to write to whom. Raises MailUnknown for a mail that nobody should get any more."""
        async with self._database.read(tenant) as reader:
            return await self._mails.write(reader, id, self._database.clock.now())


async def _consents(reader: Reader, member: UUID) -> list[ConsentOut]:
    rows = await reader.fetch(
        "SELECT DISTINCT ON (purpose) purpose, granted, text_version, at FROM consents"
        " WHERE tenant = $1 AND member_id = $2 ORDER BY purpose, at DESC, id DESC",
        reader.tenant,
        member,
    )
    return [
        ConsentOut(purpose=row["purpose"], granted=row["granted"], text_version=row["text_version"], at=row["at"])
        for row in rows
    ]
