"""A member as the service knows one: what is encrypted, and what is not."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Language = Literal["ko", "en"]
Purpose = Literal["terms", "privacy", "marketing_email", "marketing_sms", "marketing_push", "night_advertising"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted as a whole, under the member's own key; `phone` is E.164."""

    email: str
    name: str
    phone: str | None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member, decrypted."""

    id: UUID
    profile: Profile
    language: Language
    version: int
    created_at: datetime
    email_verified: bool = False


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person agreed to or declined: which text, when, and by which channel."""

    purpose: Purpose
    granted: bool
    text_version: str
    channel: str
    at: datetime
