"""What is read and answered about the life of an account: links, passwords, addresses, devices and grades."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.user.schemas import ConsentOut, Input, MemberOut, Secret, Text


class AddressGiven(Input, frozen=True, kw_only=True):
    """POST /v1/email-verifications and /v1/password-resets: whose mail is asked for."""

    email: Text


class LinkToken(Input, frozen=True, kw_only=True):
    """What stands behind `#token=` in the link of a mail."""

    token: Secret


class PasswordReset(LinkToken, frozen=True, kw_only=True):
    """POST /v1/password-resets/confirmation."""

    password: Secret


class PasswordChanged(Input, frozen=True, kw_only=True):
    """PUT /v1/members/me/password."""

    current_password: Secret
    new_password: Secret


class EmailChange(Input, frozen=True, kw_only=True):
    """PUT /v1/members/me/email-change."""

    email: Text
    password: Secret


class Accepted(Struct, frozen=True, kw_only=True):
    """The request was taken; whether a mail is sent is told to the owner of the address only."""

    status: Literal["accepted"] = "accepted"


class EmailChangeOut(Struct, frozen=True, kw_only=True):
    """`waiting` for the confirmation at the other address, or `changed`."""

    status: Literal["waiting", "changed"]


class GradeIn(Input, frozen=True, kw_only=True):
    """A grade: whoever bought for `threshold` (won) or more, net of refunds, has it."""

    code: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
    name_ko: Annotated[str, Meta(min_length=1, max_length=40)]
    name_en: Annotated[str, Meta(min_length=1, max_length=40)]
    threshold: Annotated[int, Meta(ge=0, le=1_000_000_000_000)]


class GradesIn(Input, frozen=True, kw_only=True):
    """PUT /v1/member-grades: purchases of the last `span_days` count."""

    items: Annotated[list[GradeIn], Meta(min_length=1, max_length=20)]
    span_days: Annotated[int, Meta(ge=1, le=3650)]


class GradeOut(Struct, frozen=True):
    """A grade; `threshold` in won."""

    code: str
    name_ko: str
    name_en: str
    threshold: int


class MeOut(MemberOut, frozen=True, kw_only=True):
    """GET /v1/members/me; `pending_email` waits for its confirmations, and without a password one logs in elsewhere."""

    version: int
    roles: list[str]
    permissions: list[str]
    consents: list[ConsentOut]
    grade: GradeOut
    has_password: bool
    pending_email: str | None


class GradesOut(Struct, frozen=True, kw_only=True):
    """GET /v1/member-grades: the lowest first."""

    items: list[GradeOut]
    span_days: int


class MyGrade(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/grade; `amount` in won is what was bought in the span, net of refunds."""

    grade: GradeOut
    amount: int
    span_days: int


class DeviceOut(Struct, frozen=True, kw_only=True):
    """A session of the caller's own; `device` is as readable as the program says, `current` marks the one that asks."""

    id: UUID
    device: str
    address: str
    opened_at: datetime
    used_at: datetime
    current: bool


class DevicesOut(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/sessions: the last used first."""

    items: list[DeviceOut]


class LogInOut(Struct, frozen=True, kw_only=True):
    """One log-in; `way` is `password`, `second_factor` or a provider's name, `current` marks the session that asks.

    `code_refused`: whoever it was knew the password and not the second factor.
    """

    id: UUID
    at: datetime
    outcome: Literal["opened", "code_refused"]
    way: str
    device: str
    address: str
    current: bool


class LogInPage(Struct, frozen=True, kw_only=True):
    """Log-ins, the newest first; `next_cursor` leads to older ones."""

    items: list[LogInOut]
    next_cursor: UUID | None
