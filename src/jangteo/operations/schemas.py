"""What the system API reads and answers; none of it names a person."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

MOST_AT_ONCE = 200
Status = Literal["ok", "degraded", "down"]
MessageIds = Annotated[list[UUID], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class OutboxSeen(Struct, frozen=True, kw_only=True):
    """Messages stored and not published yet; `refused` ones the broker will never take as they are."""

    waiting: int
    oldest_seconds: float
    refused: int


class InstanceSeen(Struct, frozen=True, kw_only=True):
    """One process; `checks` are its own words. `address` is told on a developer's machine only.

    What a process does not say is empty or null.
    """

    ready: bool
    checks: dict[str, str]
    version: str = ""
    commit: str = ""
    started_at: datetime | None = None
    memory_bytes: int | None = None
    cpu_seconds: float | None = None
    address: str = ""


class ServiceSeen(Struct, frozen=True, kw_only=True):
    """A service: down without an instance that is ready, degraded where some instance lacks something."""

    service: str
    status: Status
    outbox: OutboxSeen | None
    instances: list[InstanceSeen]


class ServicesSeen(Struct, frozen=True, kw_only=True):
    """All services by name, as they were at `seen_at`; `status` is that of the worst."""

    status: Status
    seen_at: datetime
    items: list[ServiceSeen]


class QueueSeen(Struct, frozen=True, kw_only=True):
    """How a consumer group stands, with the messages of all shops."""

    group: str
    waiting: int
    in_hand: int
    redelivered: int
    parked: int


class QueuesSeen(Struct, frozen=True, kw_only=True):
    """All groups by name."""

    items: list[QueueSeen]


class ParkedSeen(Struct, frozen=True, kw_only=True):
    """A message that a group could not handle. `error` is the kind of the failure; its text is in the log by `id`."""

    id: UUID
    type: str
    key: str
    error: str
    attempts: int
    sent_at: datetime
    parked_at: datetime


class ParkedPage(Struct, frozen=True, kw_only=True):
    """The oldest of the shop's parked messages; `more` says whether there are others behind them."""

    group: str
    items: list[ParkedSeen]
    more: bool


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages to hand to their group again; null for the oldest, as many as go at once."""

    ids: MessageIds | None = None


class Replayed(Struct, frozen=True, kw_only=True):
    """`replayed` of those asked for were there; `more` says whether others of the shop's are parked still."""

    replayed: int
    more: bool


class Discard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages to throw away for good, and why; it is recorded."""

    ids: MessageIds
    reason: str


class Discarded(Struct, frozen=True, kw_only=True):
    """`discarded` of those asked for were there."""

    discarded: int
