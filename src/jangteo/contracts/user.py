"""What the user service publishes, and what it answers to other services' internal calls."""

from typing import ClassVar
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message


class UserRegistered(Message, frozen=True, kw_only=True):
    """Event: somebody became a member."""

    type: ClassVar[str] = "user.registered.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID
    language: str


class UserLoggedIn(Message, frozen=True, kw_only=True):
    """Event: a member opened a session."""

    type: ClassVar[str] = "user.logged_in.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/members/{member_id}/contact: personal data, for the notification service only."""

    member_id: UUID
    email: str
    name: str
    language: str  # "ko" | "en"
