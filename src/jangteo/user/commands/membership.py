"""Becoming a member, and changing what is known about oneself."""

from datetime import datetime
from uuid import UUID

import msgspec

from jangteo.contracts.user import UserConsentChanged, UserRegistered
from jangteo.kit.errors import Conflict
from jangteo.kit.postgres import Database, Transaction
from jangteo.user.consent_store import ConsentTexts
from jangteo.user.domain.age import check_age
from jangteo.user.domain.consent import check_versions
from jangteo.user.domain.member import Consent, Language, Member, Profile, Purpose
from jangteo.user.domain.person import (
    ConsentMissing,
    EmailTaken,
    Fields,
    accepted_password,
    clean_name,
    email_as_written,
    phone_in_e164,
)
from jangteo.user.mails import Mails
from jangteo.user.passwords import Passwords
from jangteo.user.schemas import ConsentsGiven, MemberChange, SignUp
from jangteo.user.store import Members, add_consents

_CHANNEL = "web"


class VersionStale(Conflict):
    """The profile was changed since the caller read it."""

    code = "version.stale"
    ko = "다른 곳에서 먼저 수정되었습니다. 새로 불러온 뒤 다시 시도해 주세요."
    en = "It was changed elsewhere meanwhile. Please load it again."


class Membership:
    """Changes who is a member and what is known about them."""

    def __init__(
        self, database: Database, members: Members, passwords: Passwords, mails: Mails, texts: ConsentTexts
    ) -> None:
        self._database = database
        self._members = members
        self._passwords = passwords
        self._mails = mails
        self._texts = texts

    async def sign_up(self, tenant: str, asked: SignUp, language: Language) -> Member:
        """Make a member. Raises Invalid errors that name every field at fault, EmailTaken, TooBusy."""
        profile = _checked(asked, self._database.clock.now())
        async with self._database.read(tenant) as reader:
            # Found before the dear hash; the unique index decides between those that come at once.
            if await self._members.find(reader, profile.email) is not None:
                raise EmailTaken(field="email")
        hashed = await self._passwords.hash(asked.password)
        async with self._database.transaction(tenant) as transaction:
            return await self.enrol(transaction, profile, asked.language or language, hashed, asked.consents)

    async def enrol(
        self,
        transaction: Transaction,
        profile: Profile,
        language: Language,
        password_hash: str,
        given: ConsentsGiven,
        *,
        verified: bool = False,
    ) -> Member:
        """Insert a member whose data is checked, with the consents that were given. Raises EmailTaken, TextOutdated.

        Unless the address is `verified`, the member is asked to confirm it.
        """
        member = await self._members.add(transaction, profile, language, password_hash, verified=verified)
        versions = await self._texts.versions(transaction)
        check_versions(given.versions, versions)
        consents = [
            _consent(purpose, granted, versions[purpose], member.created_at)
            for purpose, granted in said_at_first(given).items()
        ]
        await add_consents(transaction, member.id, consents)
        transaction.send(UserRegistered(member_id=member.id, language=member.language))
        if not verified:
            await self._mails.request(transaction, member.id, "verify_email")
        return member

    async def change(self, tenant: str, asked: MemberChange, id: UUID, version: int | None) -> Member:
        """Change what `asked` names. Raises Invalid errors, MemberUnknown, and VersionStale unless `version` fits."""
        async with self._database.transaction(tenant) as transaction:
            member = await self._members.lock(transaction, id)
            if version is not None and version != member.version:
                raise VersionStale(field="If-Match")
            changed = _applied(asked, member)
            if asked.marketing is not msgspec.UNSET:
                await self._say_marketing(transaction, member.id, asked.marketing)
            return await self._members.save(transaction, changed)

    async def _say_marketing(self, transaction: Transaction, member: UUID, granted: bool) -> None:
        version = (await self._texts.versions(transaction))["marketing_email"]
        await add_consents(
            transaction, member, [_consent("marketing_email", granted, version, transaction.clock.now())]
        )
        transaction.send(
            UserConsentChanged(member_id=member, purpose="marketing_email", granted=granted, text_version=version)
        )


def _consent(purpose: Purpose, granted: bool, version: str, at: datetime) -> Consent:
    return Consent(purpose=purpose, granted=granted, text_version=version, channel=_CHANNEL, at=at)


def said_at_first(given: ConsentsGiven) -> dict[Purpose, bool]:
    """Return what a new member has said: of what was neither ticked nor shown, nothing."""
    ways: dict[Purpose, bool] = {
        "marketing_sms": given.marketing_sms,
        "marketing_push": given.marketing_push,
        "night_advertising": given.night_advertising,
    }
    by_email = given.marketing or given.marketing_email
    asked = {purpose: granted for purpose, granted in ways.items() if granted or purpose in given.versions}
    return {"terms": True, "privacy": True, "marketing_email": by_email, **asked}


def _checked(asked: SignUp, now: datetime) -> Profile:
    fields = Fields()
    email = fields.take("email", lambda: email_as_written(asked.email))
    fields.take("password", lambda: accepted_password(asked.password, asked.email))
    name = fields.take("name", lambda: clean_name(asked.name))
    number = asked.phone
    phone = fields.take("phone", lambda: phone_in_e164(number)) if number is not None else None
    stated = "is_14_or_older" if asked.birth_date is None or asked.is_14_or_older is not None else "birth_date"
    fields.take(stated, lambda: check_age(asked.is_14_or_older, asked.birth_date, now))
    fields.require("consents.terms", asked.consents.terms, ConsentMissing)
    fields.require("consents.privacy", asked.consents.privacy, ConsentMissing)
    fields.settle()
    return Profile(email=email or "", name=name or "", phone=phone)


def _applied(asked: MemberChange, member: Member) -> Member:
    fields = Fields()
    profile = member.profile
    if (name := asked.name) is not msgspec.UNSET:
        profile = msgspec.structs.replace(profile, name=fields.take("name", lambda: clean_name(name)))
    if (phone := asked.phone) is not msgspec.UNSET:
        number = fields.take("phone", lambda: phone_in_e164(phone)) if phone is not None else None
        profile = msgspec.structs.replace(profile, phone=number)
    fields.settle()
    language = member.language if asked.language is msgspec.UNSET else asked.language
    return msgspec.structs.replace(member, profile=profile, language=language)
