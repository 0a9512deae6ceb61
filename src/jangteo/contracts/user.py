"""What the user service publishes, and what it answers to other services' internal calls."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message

MailKind = Literal[
    "verify_email",
    "reset_password",
    "change_email_old",
    "change_email_new",
    "email_changed",
    "password_changed",
    "login_locked",
    "new_device",
    "second_factor_changed",
    "identity_linked",
    "identity_unlinked",
    "advertising_consent",
    "export_ready",
    "erased",
]


class UserRegistered(Message, frozen=True, kw_only=True):
    """Event: somebody became a member."""

    type: ClassVar[str] = "user.registered.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID
    language: str


class UserConsentChanged(Message, frozen=True, kw_only=True):
    """Event: a member agreed to something or took it back; `purpose` is such as `marketing_email`."""

    type: ClassVar[str] = "user.consent_changed.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID
    purpose: str
    granted: bool
    text_version: str


class UserLoggedIn(Message, frozen=True, kw_only=True):
    """Event: a member opened a session."""

    type: ClassVar[str] = "user.logged_in.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID


class LinkAsked(Message, frozen=True, kw_only=True):
    """Event, of the user service to itself: somebody asked for a mail by an address that may be nobody's."""

    type: ClassVar[str] = "user.link_asked.v1"
    key: ClassVar[str] = "request_id"
    request_id: UUID


class MailRequested(Message, frozen=True, kw_only=True):
    """Event: somebody should get a mail whose words, address and secrets only the user service knows.

    After `expires_at` nobody has any use for it.
    """

    type: ClassVar[str] = "user.mail_requested.v1"
    key: ClassVar[str] = "mail_id"
    mail_id: UUID
    member_id: UUID
    kind: MailKind
    expires_at: datetime


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/members/{member_id}/contact: personal data, for the notification service only."""

    member_id: UUID
    email: str
    name: str
    language: str  # "ko" | "en"


class MembersAsked(msgspec.Struct, frozen=True, kw_only=True):
    """POST /internal/members/masked: whose names and addresses are to be shown to staff, masked."""

    ids: Annotated[list[UUID], msgspec.Meta(max_length=100)]


class MembersMasked(msgspec.Struct, frozen=True, kw_only=True):
    """What staff may see of those of them who are members still: 김*수, ho***@example.test."""

    items: list[Contact]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/mails/{mail_id}: personal data and secrets, for the notification service only, not to be kept.

    `parameters` are for the template; a `link` in them begins with `/` where it is below the shop's own address.
    """

    mail_id: UUID
    member_id: UUID
    kind: MailKind
    email: str
    name: str
    language: str  # "ko" | "en"
    parameters: dict[str, str]
