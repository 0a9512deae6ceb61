"""Turning the second factor on and off, its recovery codes, and the second step of a log-in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jangteo.kit.postgres import Database, Reader, Transaction
from jangteo.user.access_changes import note_change
from jangteo.user.commands.passwords import PasswordCheck
from jangteo.user.commands.sessions import Opened, Sessions
from jangteo.user.domain.device import Device
from jangteo.user.domain.second_factor import (
    ChallengeInvalid,
    CodeRefused,
    CodeWrong,
    FactorOff,
    FactorOn,
    FactorRequired,
    as_typed,
    enrolment_uri,
    is_of_app,
    matching_step,
    new_recovery_codes,
    new_secret,
)
from jangteo.user.log_ins import BY_CODE, LogIns
from jangteo.user.mails import Mails
from jangteo.user.proofs import Evidence
from jangteo.user.role_store import permissions_of
from jangteo.user.second_factor_store import (
    Factor,
    SecondFactors,
    close_challenge,
    codes_left,
    drop_challenges,
    try_challenge,
)
from jangteo.user.store import Members
from jangteo.user.throttle import Throttle


class Enrolment(NamedTuple):
    """What an authenticator app is given."""

    secret: bytes
    uri: str


class Standing(NamedTuple):
    """How a member stands with the second factor."""

    since: datetime | None
    codes_left: int
    required: bool


class SecondFactor:
    """Every use of the second factor; whoever guesses codes is throttled as one who guesses passwords."""

    def __init__(
        self,
        database: Database,
        members: Members,
        throttle: Throttle,
        check: PasswordCheck,
        sessions: Sessions,
        mails: Mails,
    ) -> None:
        self._database = database
        self._members = members
        self._factors = SecondFactors(members.vault)
        self._log_ins = LogIns(members.vault)
        self._check = check
        self._throttle = throttle
        self._sessions = sessions
        self._mails = mails

    async def standing(self, tenant: str, member: UUID) -> Standing:
        """Return how a member stands with it."""
        async with self._database.read(tenant) as reader:
            since: datetime | None = await reader.fetchval(
                "SELECT confirmed_at FROM second_factors WHERE tenant = $1 AND member_id = $2", tenant, member
            )
            return Standing(since, await codes_left(reader, member), await self._required(reader, member))

    async def begin(self, tenant: str, member: UUID, evidence: Evidence, address: str) -> Enrolment:
        """Make a secret, pending until a code of it is given.

        Raises PasswordWrong, ProofInvalid, FactorOn, TooManyAttempts.
        """
        await self._check.prove(tenant, member, evidence, address)
        secret = new_secret()
        async with self._database.transaction(tenant) as transaction:
            known = await self._members.get(transaction, member)
            if not await self._factors.begin(transaction, member, secret):
                raise FactorOn()
        return Enrolment(secret, enrolment_uri(secret, known.profile.email, tenant))

    async def confirm(self, tenant: str, member: UUID, code: str, address: str) -> list[str]:
        """Turn it on with the first code; return the recovery codes. Raises CodeWrong, FactorOn, FactorOff."""

        async def work(transaction: Transaction, factor: Factor | None) -> list[str] | None:
            if factor is None:
                raise FactorOff()
            if factor.confirmed_at is not None:
                raise FactorOn()
            if not is_of_app(code) or not await self._use(transaction, member, factor, code):
                return None
            codes = await self._new_codes(transaction, member)
            await self._changed(transaction, member, "second_factor.on", address)
            return codes

        code = as_typed(code)
        return await self._with_code(tenant, member, address, work)

    async def renew_codes(self, tenant: str, member: UUID, evidence: Evidence, code: str, address: str) -> list[str]:
        """Make new recovery codes; the old ones are void. Raises PasswordWrong, CodeWrong, FactorOff."""

        async def work(transaction: Transaction, factor: Factor | None) -> list[str] | None:
            if not await self._use(transaction, member, _on(factor), as_typed(code)):
                return None
            codes = await self._new_codes(transaction, member)
            await self._changed(transaction, member, "second_factor.codes_renewed", address)
            return codes

        await self._check.prove(tenant, member, evidence, address)
        return await self._with_code(tenant, member, address, work)

    async def turn_off(self, tenant: str, member: UUID, evidence: Evidence, code: str, address: str) -> None:
        """Forget it. Raises PasswordWrong, CodeWrong, FactorOff, and FactorRequired for staff that must have it."""

        async def work(transaction: Transaction, factor: Factor | None) -> list[str] | None:
            if await self._required(transaction, member):
                raise FactorRequired()
            if not await self._use(transaction, member, _on(factor), as_typed(code)):
                return None
            await self._factors.remove(transaction, member)
            await drop_challenges(transaction, member)
            await self._changed(transaction, member, "second_factor.off", address)
            return []

        await self._check.prove(tenant, member, evidence, address)
        await self._with_code(tenant, member, address, work)

    async def finish_log_in(
        self, tenant: str, challenge: str, code: str, address: str, device: Device | None = None
    ) -> Opened:
        """Open the session that a challenge stands for. Raises ChallengeInvalid, CodeRefused, TooManyAttempts."""
        async with self._database.transaction(tenant) as transaction:
            # Committed by itself: a wrong code stays counted.
            member = await try_challenge(transaction, challenge)
        if member is None:
            raise ChallengeInvalid(field="challenge")
        account, origin = await self._admit(tenant, member, address)
        opened = await self._opened(tenant, member, challenge, code, device)
        if opened is None:
            async with self._database.transaction(tenant) as transaction:
                await self._log_ins.code_refused(transaction, member, device)
            raise CodeRefused(field="code")
        await self._throttle.succeeded(account, origin)
        return opened

    async def _opened(
        self, tenant: str, member: UUID, challenge: str, code: str, device: Device | None
    ) -> Opened | None:
        """Open the session if the code is right; None where it is not. Raises ChallengeInvalid, FactorOff."""
        async with self._database.transaction(tenant) as transaction:
            factor = await self._factors.lock(transaction, member)
            if factor is None or not await self._use(transaction, member, _on(factor), as_typed(code)):
                return None
            if not await close_challenge(transaction, challenge):
                raise ChallengeInvalid(field="challenge")
            known = await self._members.get(transaction, member)
            return await self._sessions.open(transaction, known, device, BY_CODE)

    async def _with_code(
        self,
        tenant: str,
        member: UUID,
        address: str,
        work: Callable[[Transaction, Factor | None], Awaitable[list[str] | None]],
    ) -> list[str]:
        account, origin = await self._admit(tenant, member, address)
        async with self._database.transaction(tenant) as transaction:
            done = await work(transaction, await self._factors.lock(transaction, member))
            if done is None:
                raise CodeWrong(field="code")
        await self._throttle.succeeded(account, origin)
        return done

    async def _use(self, transaction: Transaction, member: UUID, factor: Factor, code: str) -> bool:
        if not is_of_app(code):
            return await self._factors.use_code(transaction, member, code)
        step = matching_step(factor.secret, code, transaction.clock.now(), factor.last_step)
        if step is None:
            return False
        await self._factors.use_step(transaction, member, step)
        return True

    async def _new_codes(self, transaction: Transaction, member: UUID) -> list[str]:
        codes = new_recovery_codes()
        await self._factors.replace_codes(transaction, member, codes)
        return codes

    async def _changed(self, transaction: Transaction, member: UUID, action: str, address: str) -> None:
        await note_change(transaction, self._mails, member, action, "second_factor_changed", address=address)

    async def _required(self, reader: Reader, member: UUID) -> bool:
        return self._sessions.staff_need_second_factor and bool(await permissions_of(reader, member))

    async def _admit(self, tenant: str, member: UUID, address: str) -> tuple[str, str]:
        # Counted by itself: whoever knows the password cannot set the count of wrong codes back.
        account = f"code:{member.hex}"
        origin = await self._sessions.origin(tenant, address)
        await self._throttle.admit(account, origin)
        return account, origin


def _on(factor: Factor | None) -> Factor:
    if factor is None or factor.confirmed_at is None:
        raise FactorOff()
    return factor
