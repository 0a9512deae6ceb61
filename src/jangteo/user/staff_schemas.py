"""What the routes for staff read and answer about members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.user.domain.member import Language, Member, Profile
from jangteo.user.schemas import Input, Text


class MemberSearch(Input, frozen=True, kw_only=True):
    """POST /v1/members/search: in the body, so that no address stands in the log of any server on the way."""

    email: Text


class Disclosure(Input, frozen=True, kw_only=True):
    """Why somebody's data is to be seen unmasked; it is recorded."""

    reason: Text


class LogInDisclosure(Disclosure, frozen=True, kw_only=True):
    """Why a member's log-ins are to be seen unmasked, and which page of them."""

    cursor: UUID | None = None
    size: Annotated[int, Meta(ge=1, le=50)] = 20


class MemberSeen(Struct, frozen=True, kw_only=True):
    """A member as staff see one."""

    id: UUID
    email: str
    name: str
    phone: str | None
    masked: bool
    language: Language
    roles: list[str]
    created_at: datetime


class MemberPage(Struct, frozen=True, kw_only=True):
    """Members, the newest first; `next_cursor` leads to older ones."""

    items: list[MemberSeen]
    next_cursor: UUID | None


class MembersFound(Struct, frozen=True, kw_only=True):
    """Who has the e-mail that was searched for: one, or none."""

    items: list[MemberSeen]


def told(member: Member, profile: Profile, roles: list[str], *, is_masked: bool) -> MemberSeen:
    """Return a member with `profile` as far as it may be seen."""
    return MemberSeen(
        id=member.id,
        email=profile.email,
        name=profile.name,
        phone=profile.phone,
        masked=is_masked,
        language=member.language,
        roles=roles,
        created_at=member.created_at,
    )
