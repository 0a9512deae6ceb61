"""Log-in by other providers: beginning it, taking what the provider says, and what is left to do the first time."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import aiohttp

from jangteo.contracts.user import MailKind
from jangteo.kit.postgres import Database, Transaction
from jangteo.user.access_changes import note_change
from jangteo.user.commands.membership import Membership
from jangteo.user.commands.sessions import Challenge, LoginFailed, Opened, Sessions
from jangteo.user.domain.age import check_age
from jangteo.user.domain.device import Device
from jangteo.user.domain.identity import (
    Attempt,
    IdentityTaken,
    IdentityUnknown,
    LastWayIn,
    OidcRefused,
    ProviderUnknown,
    RedirectUriRefused,
)
from jangteo.user.domain.member import Language, Profile
from jangteo.user.domain.person import ConsentMissing, Fields, clean_name, email_as_written, phone_in_e164
from jangteo.user.identity_store import Identities, Identity, Waiting, begin, take
from jangteo.user.mails import Mails
from jangteo.user.oidc.presets import ProviderSettings
from jangteo.user.oidc.provider import Claims, Provider
from jangteo.user.oidc.schemas import SignUpByProvider
from jangteo.user.passwords import Passwords
from jangteo.user.proofs import Proofs
from jangteo.user.store import Members, lock_member, password_hash_of
from jangteo.user.throttle import Throttle

PASSWORD, CONSENTS = "password", "consents"


class Begun(NamedTuple):
    """Where to send the visitor, and what the visitor's browser keeps meanwhile."""

    authorization_url: str
    login_token: str


class Unfinished(NamedTuple):
    """The provider's word is taken; `needed` is the password of a member, or the consents of a new one."""

    needed: str
    email: str | None
    name: str | None


class ByProvider:
    """Every use of accounts at other providers."""

    def __init__(
        self,
        database: Database,
        members: Members,
        membership: Membership,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        providers: Mapping[str, ProviderSettings],
        http: aiohttp.ClientSession,
        mails: Mails,
    ) -> None:
        self._database = database
        self._members = members
        self._membership = membership
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._mails = mails
        self._proofs = Proofs(members.vault)
        self._identities = Identities(members.vault)
        self._providers = {name: Provider(settings, http) for name, settings in providers.items()}

    def offered(self, tenant: str) -> dict[str, str]:
        """Return the providers of a shop: name and title."""
        return {
            name: provider.settings.title
            for name, provider in self._providers.items()
            if tenant in provider.settings.tenants or not provider.settings.tenants
        }

    async def begin(self, tenant: str, name: str, redirect_uri: str, member: UUID | None = None) -> Begun:
        """Begin a log-in, or the linking of an account to `member`.

        Raises ProviderUnknown, RedirectUriRefused, ProviderUnavailable.
        """
        provider = self._provider(tenant, name)
        if redirect_uri not in provider.settings.redirect_uris:
            raise RedirectUriRefused(field="redirect_uri")
        async with self._database.transaction(tenant) as transaction:
            attempt = await begin(transaction, Waiting(provider=name, redirect_uri=redirect_uri, member_id=member))
        told = [attempt.derived(what) for what in ("state", "nonce", "verifier")]
        return Begun(await provider.authorization_url(redirect_uri, *told), attempt.token)

    async def complete(
        self, tenant: str, name: str, token: str, state: str, code: str, device: Device | None = None
    ) -> Opened | Challenge | Unfinished:
        """Take what the provider sent back. Raises ProviderUnknown, OidcRefused, ProviderUnavailable."""
        attempt = Attempt.of(token)
        claims = await self._redeemed(tenant, name, attempt, state, code, None)
        async with self._database.transaction(tenant) as transaction:
            member = await self._identities.holder(transaction, name, claims.subject)
            found = await self._members.find(transaction, claims.email) if claims.email else None
            if member is None and found is not None:
                known = await self._members.get(transaction, found.member_id)
                if not (claims.email_verified and known.email_verified):
                    await self._identities.hold(transaction, attempt, PASSWORD, claims)
                    return Unfinished(PASSWORD, claims.email, None)
                member = known.id
                await self._link(transaction, member, name, claims.subject)
            if member is None:
                await self._identities.hold(transaction, attempt, CONSENTS, claims)
                return Unfinished(CONSENTS, claims.email, claims.name)
            await self._identities.end(transaction, attempt)
            known = await self._members.get(transaction, member)
            return await self._sessions.admit(transaction, known, device, name)

    async def prove_password(
        self, tenant: str, name: str, token: str, password: str, address: str, device: Device | None = None
    ) -> Opened | Challenge:
        """Link the account to the member with its e-mail, who proves the password. Raises OidcRefused, LoginFailed."""
        attempt = Attempt.of(token)
        claims = await self._held(tenant, name, attempt, PASSWORD)
        account = (await self._members.index(tenant, claims.email or "")).hex()
        origin = await self._sessions.origin(tenant, address)
        await self._throttle.admit(account, origin)
        async with self._database.read(tenant) as reader:
            found = await self._members.find(reader, claims.email or "")
        if not await self._passwords.matches(password, found.password_hash if found else None) or found is None:
            raise LoginFailed()
        await self._throttle.succeeded(account, origin)
        async with self._database.transaction(tenant) as transaction:
            await self._finish(transaction, attempt)
            await self._link(transaction, found.member_id, name, claims.subject)
            known = await self._members.get(transaction, found.member_id)
            return await self._sessions.admit(transaction, known, device, name)

    async def sign_up(
        self, tenant: str, name: str, asked: SignUpByProvider, language: Language, device: Device | None = None
    ) -> Opened | Challenge:
        """Make a member of somebody new. Raises OidcRefused, EmailTaken, and Invalid errors that name the fields."""
        attempt = Attempt.of(asked.login_token)
        claims = await self._held(tenant, name, attempt, CONSENTS)
        profile = _profile(asked, claims, self._database.clock.now())
        async with self._database.transaction(tenant) as transaction:
            await self._finish(transaction, attempt)
            member = await self._membership.enrol(
                transaction,
                profile,
                asked.language or language,
                self._passwords.nobodys(),
                asked.consents,
                verified=claims.email_verified,
            )
            await self._identities.link(transaction, member.id, name, claims.subject)
            return await self._sessions.admit(transaction, member, device, name)

    async def link(self, tenant: str, name: str, token: str, state: str, code: str, member: UUID) -> None:
        """Link the account that the provider proved to a member who is logged in. Raises OidcRefused, IdentityTaken."""
        attempt = Attempt.of(token)
        claims = await self._redeemed(tenant, name, attempt, state, code, member)
        async with self._database.transaction(tenant) as transaction:
            await self._finish(transaction, attempt)
            holder = await self._identities.holder(transaction, name, claims.subject)
            if holder is None:
                await self._link(transaction, member, name, claims.subject)
            elif holder != member:
                raise IdentityTaken(field="provider")

    async def prove(self, tenant: str, name: str, token: str, state: str, code: str, member: UUID) -> str:
        """Return a proof of who the member is, whose linked account just logged in. Raises OidcRefused."""
        attempt = Attempt.of(token)
        claims = await self._redeemed(tenant, name, attempt, state, code, member)
        async with self._database.transaction(tenant) as transaction:
            await self._finish(transaction, attempt)
            if await self._identities.holder(transaction, name, claims.subject) != member:
                raise OidcRefused(field="code")
        return await self._proofs.give(tenant, member, self._database.clock.now())

    async def of(self, tenant: str, member: UUID) -> list[Identity]:
        """Return a member's linked accounts."""
        async with self._database.read(tenant) as reader:
            return await self._identities.of(reader, member)

    async def unlink(self, tenant: str, name: str, member: UUID) -> None:
        """Remove a linked account. Raises IdentityUnknown, LastWayIn."""
        async with self._database.transaction(tenant) as transaction:
            # Two removals at once would each count on the other's way in.
            await lock_member(transaction, member)
            if not await self._identities.remove(transaction, member, name):
                raise IdentityUnknown()
            stored = await password_hash_of(transaction, member)
            if self._passwords.is_nobodys(stored) and not await self._identities.of(transaction, member):
                raise LastWayIn()
            await self._changed(transaction, member, name, "identity.unlinked", "identity_unlinked")

    async def _link(self, transaction: Transaction, member: UUID, name: str, subject: str) -> None:
        """Link an account to somebody who is a member already, who is told."""
        await self._identities.link(transaction, member, name, subject)
        await self._changed(transaction, member, name, "identity.linked", "identity_linked")

    async def _changed(self, transaction: Transaction, member: UUID, name: str, action: str, kind: MailKind) -> None:
        told = {"provider": self._providers[name].settings.title if name in self._providers else name}
        await note_change(transaction, self._mails, member, action, kind, told=told)

    def _provider(self, tenant: str, name: str) -> Provider:
        if name not in self.offered(tenant):
            raise ProviderUnknown()
        return self._providers[name]

    async def _redeemed(
        self, tenant: str, name: str, attempt: Attempt, state: str, code: str, member: UUID | None
    ) -> Claims:
        provider = self._provider(tenant, name)
        if not attempt.is_state(state):
            raise OidcRefused(field="state")
        async with self._database.transaction(tenant) as transaction:
            # Committed before the provider is asked: no answer of it is taken twice.
            waiting = await take(transaction, name, attempt, member)
        if waiting is None:
            raise OidcRefused(field="login_token")
        return await provider.redeem(code, waiting.redirect_uri, attempt.derived("nonce"), attempt.derived("verifier"))

    async def _held(self, tenant: str, name: str, attempt: Attempt, stage: str) -> Claims:
        self._provider(tenant, name)
        async with self._database.read(tenant) as reader:
            claims = await self._identities.held(reader, name, attempt, stage, self._database.clock.now())
        if claims is None:
            raise OidcRefused(field="login_token")
        return claims

    async def _finish(self, transaction: Transaction, attempt: Attempt) -> None:
        if not await self._identities.end(transaction, attempt):
            raise OidcRefused(field="login_token")


def _profile(asked: SignUpByProvider, claims: Claims, now: datetime) -> Profile:
    fields = Fields()
    # The provider's address cannot be exchanged for another that nobody has proved.
    email = fields.take("email", lambda: email_as_written(claims.email or asked.email or ""))
    name = fields.take("name", lambda: clean_name(asked.name or claims.name or ""))
    number = asked.phone
    phone = fields.take("phone", lambda: phone_in_e164(number)) if number is not None else None
    stated = "is_14_or_older" if asked.birth_date is None or asked.is_14_or_older is not None else "birth_date"
    fields.take(stated, lambda: check_age(asked.is_14_or_older, asked.birth_date, now))
    fields.require("consents.terms", asked.consents.terms, ConsentMissing)
    fields.require("consents.privacy", asked.consents.privacy, ConsentMissing)
    fields.settle()
    return Profile(email=email or "", name=name or "", phone=phone)
