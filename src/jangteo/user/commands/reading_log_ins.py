"""Who reads the record of log-ins: members their own, staff masked or for a reason, each look being audited."""

from uuid import UUID

import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.postgres import Database
from jangteo.user.account_schemas import LogInOut, LogInPage
from jangteo.user.domain.masking import masked_address
from jangteo.user.domain.permissions import READ_MEMBERS, UNMASK_MEMBERS
from jangteo.user.log_ins import LogIn, LogIns
from jangteo.user.store import Members


class ReadingLogIns:
    """What may be read of log-ins."""

    def __init__(self, database: Database, members: Members) -> None:
        self._database = database
        self._members = members
        self._log_ins = LogIns(members.vault)

    async def mine(self, caller: Caller, cursor: UUID | None, size: int) -> LogInPage:
        """Return the caller's own log-ins, the newest first."""
        return await self._page(caller, caller.member_id, cursor, size, masked=False)

    async def seen(self, caller: Caller, member: UUID, cursor: UUID | None, size: int) -> LogInPage:
        """Return a member's log-ins with masked addresses. Raises PermissionMissing, MemberUnknown."""
        caller.require(READ_MEMBERS)
        page = await self._page(caller, member, cursor, size, masked=True)
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="log_ins.read", person=member))
        return page

    async def disclosed(self, caller: Caller, member: UUID, cursor: UUID | None, size: int, reason: str) -> LogInPage:
        """Return the same unmasked. Raises PermissionMissing, ReasonInvalid, MemberUnknown."""
        caller.require(UNMASK_MEMBERS)
        why = reason_given(reason)
        page = await self._page(caller, member, cursor, size, masked=False)
        entry = Entry(by=caller, action="log_ins.disclosed", person=member, reason=why)
        await audit.note(self._database, caller.tenant, entry)
        return page

    async def _page(self, caller: Caller, member: UUID, cursor: UUID | None, size: int, *, masked: bool) -> LogInPage:
        async with self._database.read(caller.tenant) as reader:
            await self._members.get(reader, member)
            found = await self._log_ins.page(reader, member, cursor, size + 1)
        items = [_told(one, caller.session, masked=masked) for one in found[:size]]
        return LogInPage(items=items, next_cursor=found[size - 1].id if len(found) > size else None)


def _told(one: LogIn, session: str, *, masked: bool) -> LogInOut:
    told = msgspec.structs.asdict(one)
    device, opened = told.pop("device"), told.pop("session")
    address = masked_address(device.address) if masked else device.address
    return LogInOut(**told, device=device.name, address=address, current=str(opened) == session)
