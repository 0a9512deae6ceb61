"""What the routes of consents read and answer."""

from datetime import datetime
from typing import Annotated, Literal, Self

from msgspec import Meta, Struct

from jangteo.user.consent_store import Text as ConsentText
from jangteo.user.domain.member import Consent, Purpose
from jangteo.user.schemas import Input, TextVersion

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Body = Annotated[str, Meta(min_length=1, max_length=200_000)]


class ConsentIn(Input, frozen=True, kw_only=True):
    """PUT /v1/members/me/consents/{purpose}: `text_version` is the text that was read; to take back, none is needed."""

    granted: bool
    text_version: TextVersion | None = None
    channel: Literal["web", "app", "phone"] = "web"


class Wording(Input, frozen=True, kw_only=True):
    """A text in one language."""

    title: Title
    body: Body


class TextIn(Input, frozen=True, kw_only=True):
    """POST /v1/consent-texts: a text in all languages, under a name that it keeps for ever."""

    purpose: Purpose
    version: TextVersion
    ko: Wording
    en: Wording


class ConsentState(Struct, frozen=True, kw_only=True):
    """What a member has said on one purpose; `up_to_date` is false where the text has changed since."""

    purpose: Purpose
    required: bool
    granted: bool
    text_version: str | None
    current_version: str
    up_to_date: bool
    channel: str | None
    at: datetime | None


class ConsentSaid(Struct, frozen=True, kw_only=True):
    """What was said at some time."""

    purpose: Purpose
    granted: bool
    text_version: str
    channel: str
    at: datetime

    @classmethod
    def of(cls, said: Consent) -> Self:
        """Return what was said as the member is told."""
        return cls(**{name: getattr(said, name) for name in cls.__struct_fields__})


class MyConsents(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/consents: `due` are the required ones that are to be given (again)."""

    items: list[ConsentState]
    due: list[Purpose]
    history: list[ConsentSaid]


class ConsentTextsOut(Struct, frozen=True, kw_only=True):
    """GET /v1/consent-texts."""

    items: list[ConsentText]
