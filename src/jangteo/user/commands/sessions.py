"""Logging in, staying logged in, logging out."""

import hashlib
import logging
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from jangteo.contracts.user import UserLoggedIn
from jangteo.kit.errors import Unauthenticated
from jangteo.kit.postgres import Database, Transaction
from jangteo.user.commands.devices import Devices
from jangteo.user.commands.links import Links
from jangteo.user.consent_store import ConsentTexts
from jangteo.user.domain.device import Device
from jangteo.user.domain.member import Member, Purpose
from jangteo.user.domain.session import RefreshInvalid, Session, Verdict, judge
from jangteo.user.log_ins import BY_PASSWORD, LogIns
from jangteo.user.passwords import Passwords
from jangteo.user.role_store import permissions_of
from jangteo.user.second_factor_store import is_on, open_challenge
from jangteo.user.session_store import add_session, lock_session, revoke_session, turn_session
from jangteo.user.settings import UserSettings
from jangteo.user.store import Credentials, Members, hold_password, save_password
from jangteo.user.throttle import Throttle, origin
from jangteo.user.token_versions import token_version
from jangteo.user.tokens import Tokens, Turn

log = logging.getLogger(__name__)

# The password may be changed, or its hash improved by another log-in, while it is being checked.
_TRIES = 3


class LoginFailed(Unauthenticated):
    """The e-mail is not known, or the password is not its; nobody is told which."""

    code = "login.failed"
    ko = "이메일 또는 비밀번호가 올바르지 않습니다."
    en = "The e-mail or the password is not right."


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its client sees it; `permissions` are those in the access token."""

    access_token: str
    refresh_token: str
    member: Member
    permissions: frozenset[str]
    consents_due: list[Purpose] = []  # looked for at a log-in only
    lacks_factor: bool  # the member's roles hold permissions that wait for a second factor


class Challenge(NamedTuple):
    """The password was right; `token` and a code of the second factor open the session."""

    token: str


class Granted(NamedTuple):
    """What a token may say, and whether more was held back."""

    permissions: frozenset[str]
    lacks_factor: bool
    version: int


class Sessions:
    """Opens, renews and ends sessions."""

    def __init__(
        self,
        database: Database,
        members: Members,
        passwords: Passwords,
        throttle: Throttle,
        tokens: Tokens,
        links: Links,
        devices: Devices,
        settings: UserSettings,
        texts: ConsentTexts,
    ) -> None:
        self._database = database
        self._members = members
        self._passwords = passwords
        self._throttle = throttle
        self._tokens = tokens
        self._links = links
        self._devices = devices
        self._log_ins = LogIns(members.vault)
        self._texts = texts
        self._idle = timedelta(days=settings.session_idle_days)
        self._life = timedelta(days=settings.session_days)
        self.staff_need_second_factor = settings.staff_mfa == "required"

    async def log_in(
        self, tenant: str, email: str, password: str, address: str, device: Device | None = None
    ) -> Opened | Challenge:
        """Open a session, or ask for the second factor. Raises LoginFailed, TooManyAttempts, TooBusy.

        `address` is the caller's on the network. A stranger's attempt takes the same steps as a member's.
        """
        account = (await self._members.index(tenant, email)).hex()
        place = await self.origin(tenant, address)
        locks = await self._throttle.admit(account, place)
        for _ in range(_TRIES):
            async with self._database.read(tenant) as reader:
                found = await self._members.find(reader, email)
            if not await self._passwords.matches(password, found.password_hash if found else None) or found is None:
                break
            if (opened := await self._open_by(tenant, found, password, device)) is not None:
                await self._throttle.succeeded(account, place)
                return opened
        if locks:
            until = self._database.clock.now() + timedelta(seconds=self._throttle.lock_seconds)
            await self._links.notify(tenant, email, "login_locked", until)
        raise LoginFailed()

    async def origin(self, tenant: str, address: str) -> str:
        """Return what attempts from a network address are counted under: nothing that can be read."""
        return await origin(self._members.vault, tenant, address)

    async def unlock(self, tenant: str, email: str) -> None:
        """Let the owner of `email` log in at once, who has just proved to be there."""
        await self._throttle.unlock((await self._members.index(tenant, email)).hex())

    async def admit(
        self, transaction: Transaction, member: Member, device: Device | None = None, way: str = BY_PASSWORD
    ) -> Opened | Challenge:
        """Open a session for a member who has proved one factor, by `way`, unless there is a second one to prove."""
        if await is_on(transaction, member.id):
            return Challenge(await open_challenge(transaction, member.id))
        return await self.open(transaction, member, device, way)

    async def open(self, transaction: Transaction, member: Member, device: Device | None, way: str) -> Opened:
        """Open a session for a member who has proved all that is asked, the last of it by `way`."""
        session = await add_session(transaction, member.id, self._idle, self._life)
        if device is not None:
            await self._devices.opened(transaction, member.id, session, device)
        await self._log_ins.opened(transaction, member.id, session, way, device)
        granted = await self._granted(transaction, member.id)
        transaction.send(UserLoggedIn(member_id=member.id))
        opened = await self._opened(transaction.tenant, member, Turn(session, 1), granted)
        return msgspec.structs.replace(opened, consents_due=await self._texts.due(transaction, member.id))

    async def refresh(self, tenant: str, token: str, key: str | None, device: Device | None = None) -> Opened:
        """Renew a session with its current refresh token; the rules are in `domain/session.py`.

        Raises RefreshInvalid; where the token was spent before, the session is ended first.
        """
        turn = await self._tokens.read_refresh(tenant, token)
        digest = hashlib.sha256(key.encode()).digest() if key else None
        async with self._database.transaction(tenant) as transaction:
            session = await lock_session(transaction, turn.session)
            verdict = judge(session, turn.number, digest, transaction.clock.now()) if session else Verdict.REFUSE
            if session and verdict in (Verdict.TURN, Verdict.ANSWER_AGAIN):
                return await self._renewed(transaction, session, digest, verdict, device)
            if session and verdict is Verdict.REVOKE:
                # Committed before the refusal is told: whoever is first, thief or owner, gets no further.
                await revoke_session(transaction, session.id, "refresh token used twice")
                log.warning("session %s ended: its refresh token was used twice", session.id)
        raise RefreshInvalid(field="refresh_token")

    async def log_out(self, tenant: str, session: str) -> None:
        """End a session: its refresh tokens stop to hold at once, its last access token within its ten minutes."""
        async with self._database.transaction(tenant) as transaction:
            await revoke_session(transaction, UUID(session), "logged out")

    async def _open_by(
        self, tenant: str, found: Credentials, password: str, device: Device | None
    ) -> Opened | Challenge | None:
        """Open a session for who knows the password; None where it was changed meanwhile, to end such sessions."""
        stored = found.password_hash
        better = await self._passwords.hash(password) if self._passwords.is_weak(stored) else None
        async with self._database.transaction(tenant) as transaction:
            if better is not None:
                held = await save_password(transaction, found.member_id, better, instead_of=stored)
            else:
                held = await hold_password(transaction, found.member_id, stored)
            if not held:
                return None
            return await self.admit(transaction, await self._members.get(transaction, found.member_id), device)

    async def _renewed(
        self, transaction: Transaction, session: Session, digest: bytes | None, verdict: Verdict, device: Device | None
    ) -> Opened:
        number = session.turn
        if verdict is Verdict.TURN:
            number = await turn_session(transaction, session, digest, transaction.clock.now() + self._idle)
            if device is not None:
                await self._devices.used(transaction, session.member_id, session.id, device)
        member = await self._members.get(transaction, session.member_id)
        granted = await self._granted(transaction, session.member_id)
        return await self._opened(transaction.tenant, member, Turn(session.id, number), granted)

    async def _granted(self, transaction: Transaction, member: UUID) -> Granted:
        # First: a change between the two reads then makes this token end too early, never too late.
        version = await token_version(transaction, member)
        permissions = await permissions_of(transaction, member)
        if permissions and self.staff_need_second_factor and not await is_on(transaction, member):
            return Granted(frozenset(), True, version)
        return Granted(permissions, False, version)

    async def _opened(self, tenant: str, member: Member, turn: Turn, granted: Granted) -> Opened:
        return Opened(
            access_token=self._tokens.access(
                tenant=tenant,
                member=member.id,
                session=turn.session,
                permissions=granted.permissions,
                version=granted.version,
            ),
            refresh_token=await self._tokens.refresh(tenant, turn),
            member=member,
            permissions=granted.permissions,
            lacks_factor=granted.lacks_factor,
        )
