"""A person agrees, declines or takes back, as easily the one as the other; and a shop publishes what it asks."""

from collections.abc import Mapping
from uuid import UUID

from jangteo.contracts.user import UserConsentChanged
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.postgres import Database
from jangteo.user.consent_schemas import ConsentSaid, ConsentState, MyConsents
from jangteo.user.consent_store import ConsentTexts, Text, history, last_words, publish
from jangteo.user.domain.consent import PURPOSES, REQUIRED, ConsentNeeded, TextOutdated
from jangteo.user.domain.member import Consent, Language, Purpose
from jangteo.user.domain.permissions import MANAGE_CONSENTS
from jangteo.user.store import add_consents, lock_member


class Consents:
    """The consents of members, and the texts of shops."""

    def __init__(self, database: Database, texts: ConsentTexts) -> None:
        self._database = database
        self._texts = texts

    async def texts(self, tenant: str, language: Language) -> list[Text]:
        """Return what a shop asks."""
        async with self._database.read(tenant) as reader:
            return await self._texts.texts(reader, language)

    async def mine(self, tenant: str, member: UUID) -> MyConsents:
        """Return what a member has said, now and ever."""
        async with self._database.read(tenant) as reader:
            versions, said = await self._texts.versions(reader), await history(reader, member)
        last = last_words(said)
        items = [_state(purpose, last.get(purpose), versions[purpose]) for purpose in PURPOSES]
        due = [one.purpose for one in items if one.required and not (one.granted and one.up_to_date)]
        return MyConsents(items=items, due=due, history=[ConsentSaid.of(one) for one in said])

    async def say(
        self, tenant: str, member: UUID, purpose: Purpose, granted: bool, version: str | None, channel: str
    ) -> ConsentState:
        """Note a member's word; the same word on the same text twice is one.

        Raises ConsentNeeded where a required one is taken back, TextOutdated where one is given to another text
        than the one that holds now, MemberUnknown.
        """
        if not granted and purpose in REQUIRED:
            raise ConsentNeeded(field="granted")
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            holds = (await self._texts.versions(transaction))[purpose]
            if granted and version != holds:
                raise TextOutdated(field="text_version", version=holds)
            before = last_words(await history(transaction, member)).get(purpose)
            if before is not None and (before.granted, before.text_version) == (granted, holds):
                return _state(purpose, before, holds)
            said = Consent(
                purpose=purpose, granted=granted, text_version=holds, channel=channel, at=transaction.clock.now()
            )
            await add_consents(transaction, member, [said])
            transaction.send(UserConsentChanged(member_id=member, purpose=purpose, granted=granted, text_version=holds))
        return _state(purpose, said, holds)

    async def publish(
        self, caller: Caller, purpose: Purpose, version: str, texts: Mapping[Language, tuple[str, str]]
    ) -> None:
        """Let a new text hold from now on; of a required one everybody is asked again. Raises VersionTaken."""
        caller.require(MANAGE_CONSENTS)
        async with self._database.transaction(caller.tenant) as transaction:
            await publish(transaction, purpose, version, texts)
            entry = Entry(by=caller, action="consent_text.published", on=f"consent:{purpose}", details={"to": version})
            await audit.record(transaction, entry)


def _state(purpose: Purpose, said: Consent | None, holds: str) -> ConsentState:
    return ConsentState(
        purpose=purpose,
        required=purpose in REQUIRED,
        granted=said is not None and said.granted,
        text_version=said.text_version if said else None,
        current_version=holds,
        up_to_date=said is not None and said.text_version == holds,
        channel=said.channel if said else None,
        at=said.at if said else None,
    )
