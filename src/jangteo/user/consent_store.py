"""Loads and saves what people agreed to, and the texts that they were shown."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from jangteo.kit.postgres import Reader, Transaction
from jangteo.user.domain.consent import FIRST_TEXTS, PURPOSES, REQUIRED, VersionTaken
from jangteo.user.domain.member import Consent, Language, Purpose
from jangteo.user.settings import UserSettings

_CURRENT = """
SELECT DISTINCT ON (purpose) purpose, version FROM consent_texts WHERE tenant = $1
ORDER BY purpose, published_at DESC, version DESC
"""
_TEXTS = """
SELECT DISTINCT ON (purpose) purpose, version, title, body, published_at FROM consent_texts
WHERE tenant = $1 AND language = $2 ORDER BY purpose, published_at DESC, version DESC
"""
_HISTORY = """
SELECT purpose, granted, text_version, channel, at FROM consents
WHERE tenant = $1 AND member_id = $2 ORDER BY at DESC, id DESC
"""


class Text(Struct, frozen=True, kw_only=True):
    """What a person is asked; `published_at` is null for the text of a shop that has written none."""

    purpose: Purpose
    required: bool
    version: str
    title: str
    body: str
    published_at: datetime | None


class ConsentTexts:
    """The texts of all shops; those that a shop has not written have the versions of the settings."""

    def __init__(self, settings: UserSettings) -> None:
        self._first: dict[Purpose, str] = dict.fromkeys(PURPOSES, settings.marketing_version)
        self._first |= {"terms": settings.terms_version, "privacy": settings.privacy_version}

    async def versions(self, reader: Reader) -> Mapping[Purpose, str]:
        """Return the version that holds now of each text."""
        rows = await reader.fetch(_CURRENT, reader.tenant)
        return self._first | {row["purpose"]: row["version"] for row in rows}

    async def texts(self, reader: Reader, language: Language) -> list[Text]:
        """Return the texts that hold now, in the order in which to ask."""
        written = {row["purpose"]: row for row in await reader.fetch(_TEXTS, reader.tenant, language)}
        return [
            Text(required=purpose in REQUIRED, **dict(written[purpose]))
            if purpose in written
            else self._unwritten(purpose, language)
            for purpose in PURPOSES
        ]

    async def due(self, reader: Reader, member: UUID) -> list[Purpose]:
        """Return the required consents that a member has not given to the text that holds now."""
        versions = await self.versions(reader)
        agreed: dict[Purpose, str] = {}
        for said in await history(reader, member):
            if said.granted:
                agreed.setdefault(said.purpose, said.text_version)
        return [purpose for purpose in PURPOSES if purpose in REQUIRED and agreed.get(purpose) != versions[purpose]]

    def _unwritten(self, purpose: Purpose, language: Language) -> Text:
        title, body = FIRST_TEXTS[purpose][language]
        required, version = purpose in REQUIRED, self._first[purpose]
        return Text(purpose=purpose, required=required, version=version, title=title, body=body, published_at=None)


async def publish(
    transaction: Transaction, purpose: Purpose, version: str, texts: Mapping[Language, tuple[str, str]]
) -> datetime:
    """Insert a version of a text in all languages; it holds from now on. Raises VersionTaken."""
    now = transaction.clock.now()
    try:
        await transaction.executemany(
            "INSERT INTO consent_texts (tenant, purpose, version, language, title, body, published_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                (transaction.tenant, purpose, version, language, title, body, now)
                for language, (title, body) in texts.items()
            ],
        )
    except asyncpg.UniqueViolationError:
        raise VersionTaken(field="version", version=version) from None
    return now


async def history(reader: Reader, member: UUID) -> list[Consent]:
    """Return all that a member agreed to or declined, the newest first."""
    return [Consent(**row) for row in await reader.fetch(_HISTORY, reader.tenant, member)]


def last_words(said: list[Consent]) -> dict[Purpose, Consent]:
    """Return the newest of each purpose out of a history."""
    newest: dict[Purpose, Consent] = {}
    for one in said:
        newest.setdefault(one.purpose, one)
    return newest
