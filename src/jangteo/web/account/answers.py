"""What the pages of an account read of the API's answers about members."""

from datetime import datetime
from uuid import UUID

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Part of an answer; what no page shows is left out."""


class Grade(Answer, frozen=True, kw_only=True):
    """A grade; `threshold` in won."""

    code: str
    name_ko: str
    name_en: str
    threshold: int


class MyGrade(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/grade; `amount` in won."""

    grade: Grade
    amount: int
    span_days: int


class Grades(Answer, frozen=True, kw_only=True):
    """GET /v1/member-grades: the lowest first."""

    items: list[Grade]


class Me(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me."""

    id: UUID
    email: str
    name: str
    phone: str | None
    language: str
    created_at: datetime
    email_verified: bool
    version: int
    roles: list[str]
    has_password: bool
    pending_email: str | None


class Address(Answer, frozen=True, kw_only=True):
    """An address of the member's book."""

    id: UUID
    label: str
    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str
    is_default: bool


class Addresses(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/addresses: the default first."""

    items: list[Address]


class Device(Answer, frozen=True, kw_only=True):
    """Where the member is logged in."""

    id: UUID
    device: str
    address: str
    used_at: datetime
    current: bool


class Devices(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/sessions."""

    items: list[Device]


class Factor(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/second-factor."""

    enabled: bool
    since: datetime | None
    recovery_codes_left: int
    required: bool


class Enrolment(Answer, frozen=True, kw_only=True):
    """What an authenticator app is given."""

    secret: str
    otpauth_uri: str


class Codes(Answer, frozen=True, kw_only=True):
    """Recovery codes, told once."""

    recovery_codes: list[str]


class ConsentText(Answer, frozen=True, kw_only=True):
    """What a person is asked to agree to."""

    purpose: str
    required: bool
    version: str
    title: str
    body: str


class ConsentTexts(Answer, frozen=True, kw_only=True):
    """GET /v1/consent-texts."""

    items: list[ConsentText]


class ConsentState(Answer, frozen=True, kw_only=True):
    """What the member has said on one purpose."""

    purpose: str
    required: bool
    granted: bool
    text_version: str | None
    up_to_date: bool
    at: datetime | None


class ConsentSaid(Answer, frozen=True, kw_only=True):
    """What was said at some time."""

    purpose: str
    granted: bool
    text_version: str
    at: datetime


class MyConsents(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/consents."""

    items: list[ConsentState]
    due: list[str]
    history: list[ConsentSaid]


class Provider(Answer, frozen=True, kw_only=True):
    """Another way to log in."""

    name: str
    title: str


class Providers(Answer, frozen=True, kw_only=True):
    """GET /v1/identity-providers."""

    items: list[Provider]


class Identity(Answer, frozen=True, kw_only=True):
    """An account elsewhere by which the member logs in."""

    provider: str
    linked_at: datetime


class Identities(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/identities."""

    items: list[Identity]


class Begun(Answer, frozen=True, kw_only=True):
    """A log-in by a provider that was begun."""

    authorization_url: str
    login_token: str


class Unfinished(Answer, frozen=True, kw_only=True):
    """What a log-in by a provider still needs: `password` or `consents` of somebody, or the answer to `challenge`."""

    needed: str = ""
    email: str | None = None
    name: str | None = None
    challenge: str = ""


class Export(Answer, frozen=True, kw_only=True):
    """A copy of the member's data."""

    id: UUID
    state: str
    requested_at: datetime
    expires_at: datetime | None
    missing: list[str]
    link: str | None


class Exports(Answer, frozen=True, kw_only=True):
    """GET /v1/members/me/exports: the newest first."""

    items: list[Export]


class Reason(Answer, frozen=True, kw_only=True):
    """Something that is not settled."""

    service: str
    code: str
    reference: str
    message: str


class Withdrawal(Answer, frozen=True, kw_only=True):
    """A withdrawal: deferred, closing, erasing or erased."""

    state: str
    requested_at: datetime
    reasons: list[Reason] = []


class Notice(Answer, frozen=True, kw_only=True):
    """A mail that was, or will be, sent."""

    id: UUID
    status: str
    subject: str
    order_id: UUID | None
    created_at: datetime


class Notices(Answer, frozen=True, kw_only=True):
    """GET /v1/notifications."""

    items: list[Notice]
    next_cursor: UUID | None


class EmailChange(Answer, frozen=True, kw_only=True):
    """POST /v1/email-changes/confirmation: `waiting` or `changed`."""

    status: str
