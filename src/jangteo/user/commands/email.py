"""Proving that an e-mail address is one's own, and changing it: confirmed at the old address and at the new one."""

from typing import Literal
from uuid import UUID

from jangteo.kit.errors import Conflict
from jangteo.kit.postgres import Database
from jangteo.user import email_changes
from jangteo.user.commands.passwords import PasswordCheck
from jangteo.user.domain.person import EmailTaken, Fields, email_as_written, email_to_compare
from jangteo.user.mails import Mails
from jangteo.user.store import Members, verify_email


class EmailSame(Conflict):
    """The new address is the present one."""

    code = "email.same"
    ko = "지금 쓰는 이메일 주소와 같습니다."
    en = "This is the present e-mail address."


class Email:
    """Verifies and changes the addresses of members."""

    def __init__(self, database: Database, members: Members, mails: Mails, check: PasswordCheck) -> None:
        self._database = database
        self._members = members
        self._mails = mails
        self._check = check

    async def verify(self, tenant: str, token: str) -> None:
        """Note that the address is the member's own. Raises LinkInvalid, LinkUsed, LinkExpired."""
        async with self._database.transaction(tenant) as transaction:
            link = await self._mails.spend(transaction, token, "verify_email")
            await verify_email(transaction, link.member_id)
            await self._mails.void(transaction, link.member_id, "verify_email")

    async def ask_change(self, tenant: str, member_id: UUID, email: str, password: str, address: str) -> None:
        """Begin to change the address; a change begun before is dropped.

        Raises EmailInvalid, EmailSame, EmailTaken, PasswordWrong, TooManyAttempts.
        """
        fields = Fields()
        written = fields.take("email", lambda: email_as_written(email)) or ""
        fields.settle()
        await self._check.present(tenant, member_id, password, address)
        async with self._database.transaction(tenant) as transaction:
            member = await self._members.lock(transaction, member_id)
            if email_to_compare(written) == email_to_compare(member.profile.email):
                raise EmailSame(field="email")
            if await self._members.find(transaction, written) is not None:
                raise EmailTaken(field="email")
            await self._mails.void(transaction, member_id, "change_email_old", "change_email_new")
            key = await self._members.vault.key(transaction, member_id)
            await email_changes.begin(transaction, key, member_id, written)
            parameters = {"new_email": written}
            await self._mails.request(transaction, member_id, "change_email_old", parameters=parameters)
            await self._mails.request(transaction, member_id, "change_email_new", to=written)

    async def drop_change(self, tenant: str, member_id: UUID) -> None:
        """Forget a change that was begun; its links stop to hold."""
        async with self._database.transaction(tenant) as transaction:
            await self._members.lock(transaction, member_id)
            await self._mails.void(transaction, member_id, "change_email_old", "change_email_new")
            await email_changes.end(transaction, member_id)

    async def confirm_change(self, tenant: str, token: str) -> Literal["waiting", "changed"]:
        """Confirm at one of the two addresses, in any order; the second confirmation changes it.

        Raises LinkInvalid, LinkUsed, LinkExpired, and EmailTaken where somebody else took the address meanwhile:
        then nothing is used up.
        """
        async with self._database.transaction(tenant) as transaction:
            link = await self._mails.spend(transaction, token, "change_email_old", "change_email_new")
            key = await self._members.vault.key(transaction, link.member_id)
            new = await email_changes.confirm(transaction, key, link.member_id, at_new=link.kind == "change_email_new")
            if new is None:
                return "waiting"
            member = await self._members.lock(transaction, link.member_id)
            await self._members.move(transaction, member, new)
            await email_changes.end(transaction, member.id)
            await self._mails.void(transaction, member.id, "verify_email", "reset_password")
            await self._mails.request(transaction, member.id, "email_changed", to=member.profile.email)
            return "changed"
