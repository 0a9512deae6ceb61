"""Staff look members up: masked, unless they say why they must see more; each look is an audit entry."""

from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.postgres import Database, Reader
from jangteo.user.domain.masking import masked
from jangteo.user.domain.member import Member
from jangteo.user.domain.permissions import READ_MEMBERS, UNMASK_MEMBERS
from jangteo.user.domain.person import MemberUnknown
from jangteo.user.role_store import roles_of
from jangteo.user.staff_schemas import MemberPage, MemberSeen, MembersFound, told
from jangteo.user.store import Members

_PAGE = """
SELECT id FROM members WHERE tenant = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""


class LookingUp:
    """What staff may see of members."""

    def __init__(self, database: Database, members: Members) -> None:
        self._database = database
        self._members = members

    async def page(self, caller: Caller, cursor: UUID | None, size: int) -> MemberPage:
        """Return members, masked, the newest first. Raises PermissionMissing."""
        caller.require(READ_MEMBERS)
        async with self._database.read(caller.tenant) as reader:
            rows = await reader.fetch(_PAGE, caller.tenant, cursor, size + 1)
            found = [await self._seen(reader, row["id"]) for row in rows[:size]]
        items = [seen for seen in found if seen is not None]
        details: dict[str, int] = {"members": len(items)}
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="members.listed", details=details))
        return MemberPage(items=items, next_cursor=rows[size - 1]["id"] if len(rows) > size else None)

    async def search(self, caller: Caller, email: str) -> MembersFound:
        """Return who has exactly this e-mail, masked. Raises PermissionMissing."""
        caller.require(READ_MEMBERS)
        async with self._database.read(caller.tenant) as reader:
            found = await self._members.find(reader, email)
            seen = await self._seen(reader, found.member_id) if found else None
        person = seen.id if seen else None
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="members.searched", person=person))
        return MembersFound(items=[seen] if seen else [])

    async def profile(self, caller: Caller, id: UUID) -> MemberSeen:
        """Return a member, masked. Raises PermissionMissing, MemberUnknown."""
        caller.require(READ_MEMBERS)
        async with self._database.read(caller.tenant) as reader:
            seen = await self._seen(reader, id)
        if seen is None:
            raise MemberUnknown()
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="member.read", person=id))
        return seen

    async def disclose(self, caller: Caller, id: UUID, reason: str) -> MemberSeen:
        """Return a member unmasked. Raises PermissionMissing, ReasonInvalid, MemberUnknown."""
        caller.require(UNMASK_MEMBERS)
        why = reason_given(reason)
        async with self._database.transaction(caller.tenant) as transaction:
            member = await self._members.get(transaction, id)
            roles = await roles_of(transaction, id)
            entry = Entry(by=caller, action="member.disclosed", person=id, reason=why)
            await audit.record(transaction, entry)
        return told(member, member.profile, roles, is_masked=False)

    async def _seen(self, reader: Reader, id: UUID) -> MemberSeen | None:
        try:
            member: Member = await self._members.get(reader, id)
        except MemberUnknown:
            return None
        return told(member, masked(member.profile), await roles_of(reader, id), is_masked=True)
