"""Changing a password by knowing the present one, or by a link; either ends the sessions of whoever else knew it."""

from uuid import UUID

from jangteo.kit.errors import Invalid
from jangteo.kit.postgres import Database
from jangteo.user.domain.person import Fields, accepted_password
from jangteo.user.mails import Mails
from jangteo.user.passwords import Passwords
from jangteo.user.proofs import Evidence, Proof, Proofs
from jangteo.user.second_factor_store import drop_challenges
from jangteo.user.session_store import revoke_sessions
from jangteo.user.store import Members, save_password, verify_email
from jangteo.user.throttle import Throttle, origin
from jangteo.user.token_versions import supersede_tokens


class PasswordWrong(Invalid):
    """The present password is not right."""

    code = "password.wrong"
    ko = "현재 비밀번호가 올바르지 않습니다."
    en = "The present password is not right."


class PasswordCheck:
    """Checks the present password of somebody who is logged in, counted as log-ins are."""

    def __init__(self, database: Database, members: Members, passwords: Passwords, throttle: Throttle) -> None:
        self._database = database
        self._members = members
        self._passwords = passwords
        self._throttle = throttle
        self._proofs = Proofs(members.vault)

    async def prove(self, tenant: str, member: UUID, evidence: Evidence, address: str) -> None:
        """Raise unless `evidence`, a password or a proof, is the member's own.

        Raises PasswordWrong, ProofInvalid, TooManyAttempts, MemberUnknown.
        """
        if isinstance(evidence, Proof):
            await self._proofs.check(tenant, member, evidence, self._database.clock.now())
        else:
            await self.present(tenant, member, evidence, address)

    async def present(self, tenant: str, member: UUID, password: str, address: str, field: str = "password") -> str:
        """Return the hash that `password` has. Raises PasswordWrong, naming `field`, TooManyAttempts, MemberUnknown."""
        account, place = f"member:{member}", await origin(self._members.vault, tenant, address)
        await self._throttle.admit(account, place)
        async with self._database.read(tenant) as reader:
            stored = (await self._members.credentials(reader, member)).password_hash
        if not await self._passwords.matches(password, stored):
            raise PasswordWrong(field=field)
        await self._throttle.succeeded(account, place)
        return stored


class PasswordChange:
    """Changes and resets passwords."""

    def __init__(
        self, database: Database, members: Members, passwords: Passwords, mails: Mails, check: PasswordCheck
    ) -> None:
        self._database = database
        self._members = members
        self._passwords = passwords
        self._mails = mails
        self._check = check

    async def change(
        self, tenant: str, member_id: UUID, session: str, present: str, password: str, address: str
    ) -> None:
        """Change the caller's own password; all other sessions end; `session` has to be refreshed.

        Raises PasswordWrong, PasswordTooShort, PasswordGuessable, TooManyAttempts, TooBusy. Of two changes at once
        the second finds the present password wrong.
        """
        async with self._database.read(tenant) as reader:
            member = await self._members.get(reader, member_id)
        _accepted(password, member.profile.email, "new_password")
        stored = await self._check.present(tenant, member_id, present, address, "current_password")
        hashed = await self._passwords.hash(password)
        async with self._database.transaction(tenant) as transaction:
            await self._members.lock(transaction, member_id)
            if not await save_password(transaction, member_id, hashed, instead_of=stored):
                raise PasswordWrong(field="current_password")
            await revoke_sessions(transaction, member_id, "password changed", but=UUID(session))
            await drop_challenges(transaction, member_id)
            await supersede_tokens(transaction, [member_id])
            await self._mails.void(transaction, member_id, "reset_password")
            await self._mails.request(transaction, member_id, "password_changed")

    async def reset(self, tenant: str, token: str, password: str) -> str:
        """Set a password by a link; all sessions end, and the address is proved. Return the member's address.

        Raises LinkInvalid, LinkUsed, LinkExpired, PasswordTooShort, PasswordGuessable, TooBusy.
        """
        async with self._database.read(tenant) as reader:
            link = await self._mails.read(reader, token, ["reset_password"], self._database.clock.now())
            member = await self._members.get(reader, link.member_id)
        _accepted(password, member.profile.email, "password")
        hashed = await self._passwords.hash(password)
        async with self._database.transaction(tenant) as transaction:
            link = await self._mails.spend(transaction, token, "reset_password")
            await save_password(transaction, link.member_id, hashed)
            await verify_email(transaction, link.member_id)
            await revoke_sessions(transaction, link.member_id, "password reset")
            await drop_challenges(transaction, link.member_id)
            await supersede_tokens(transaction, [link.member_id])
            await self._mails.void(transaction, link.member_id, "reset_password", "verify_email")
            await self._mails.request(transaction, link.member_id, "password_changed")
        return member.profile.email


def _accepted(password: str, email: str, field: str) -> None:
    fields = Fields()
    fields.take(field, lambda: accepted_password(password, email))
    fields.settle()
