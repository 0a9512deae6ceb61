"""What the routes of a member's rights read and answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from jangteo.kit.legal_archive import LegalRecord
from jangteo.kit.people import Proof
from jangteo.user.rights.states import State
from jangteo.user.schemas import Input, PasswordAgain


class ExportOut(Struct, frozen=True, kw_only=True):
    """An export; `link` is there once it is ready, and holds until `expires_at`, for the member only."""

    id: UUID
    state: str
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    missing: list[str]
    link: str | None


class ExportsOut(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/exports: those whose time is not over, the newest first."""

    items: list[ExportOut]


class Archive(Struct, frozen=True, kw_only=True):
    """Everything that the mall has about a member: one document for each service."""

    format: str
    member_id: UUID
    made_at: datetime
    documents: dict[str, msgspec.Raw]


class WithdrawalIn(PasswordAgain, frozen=True, kw_only=True):
    """POST /v1/members/me/withdrawal. `when_settled`: what is open may be waited for, instead of being refused."""

    when_settled: bool = False


class ReasonOut(Struct, frozen=True, kw_only=True):
    """Something that is not settled, with `message` in the caller's language."""

    service: str
    code: str
    reference: str
    message: str


class WithdrawalOut(Struct, frozen=True, kw_only=True):
    """A withdrawal; `reasons` say what a deferred one waits for."""

    id: UUID
    state: State
    requested_at: datetime
    closed_at: datetime | None
    erased_at: datetime | None
    reasons: list[ReasonOut] = []


class AnswerOut(Struct, frozen=True, kw_only=True):
    """One service's proof."""

    service: str
    proof: Proof


class WithdrawalProof(Struct, frozen=True, kw_only=True):
    """GET /v1/withdrawals/{id}: that somebody was erased everywhere, without saying who that was."""

    id: UUID
    member_id: UUID
    state: State
    requested_at: datetime
    closed_at: datetime | None
    erased_at: datetime | None
    answers: list[AnswerOut]
    missing: list[str]


class LegalSearch(Input, frozen=True, kw_only=True):
    """POST /v1/legal-records/search. `reason` says why, and is recorded; `reference` is an order's number, or an id.

    `cursor` is the `next_cursor` of the page before.
    """

    service: Annotated[str, Meta(min_length=1, max_length=40)]
    purpose: Annotated[str, Meta(min_length=1, max_length=40)]
    reason: Annotated[str, Meta(max_length=500)]
    reference: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")] | None = None
    cursor: UUID | None = None


class LegalRecordsOut(Struct, frozen=True, kw_only=True):
    """What one service keeps for one purpose, the oldest first."""

    service: str
    purpose: str
    items: list[LegalRecord]
    next_cursor: UUID | None
