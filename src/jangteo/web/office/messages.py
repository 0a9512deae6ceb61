"""What the shop has told its members: what was sent, to whom, and why something was not."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.paging import asked, onward
from jangteo.web.texts import SEOUL

AREA, PATH, READ = "messages", "/office/messages", "messages.read"
STATUSES = ("pending", "sent", "dropped", "expired")


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it is for, masked."""

    email: str
    name: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    id: UUID
    template: str
    channel: str
    status: str
    subject: str
    error: str
    attempts: int
    member_id: UUID
    recipient: Recipient | None
    order_id: UUID | None
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/messages."""

    items: list[Message]
    next_cursor: UUID | None
    templates: list[str]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/messages/{id}."""

    message: Message
    subject: str
    text: str | None
    withheld: bool


class Period(NamedTuple):
    """Whole days of the shop's time, both included; None for no end."""

    first: date | None
    last: date | None

    @property
    def since(self) -> str | None:
        """Return the first moment."""
        return None if self.first is None else _midnight(self.first)

    @property
    def until(self) -> str | None:
        """Return the moment at which it is over."""
        return None if self.last is None or self.last == date.max else _midnight(self.last + timedelta(days=1))


@get(PATH, include_in_schema=False)
async def messages(
    visit: VisitOf,
    kind: FromQuery[str] = "",
    status: FromQuery[str] = "",
    member_id: FromQuery[UUID | None] = None,
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    cursor: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """Show what was sent, the newest first, as narrow as it is asked for."""
    visit.require(READ)
    state = status if status in STATUSES else ""
    period = Period(_day(first), _day(last))
    page = await visit.mall.get(
        "/v1/messages",
        Page,
        kind=kind[:60],
        status=state,
        member_id=member_id,
        since=period.since,
        until=period.until,
        cursor=cursor,
    )
    question = {"kind": kind, "status": state, "member_id": member_id, "first": period.first, "last": period.last}
    return await office_page(
        visit,
        "office/messages.html",
        area=AREA,
        page=page,
        form=Form.filled(**question),
        statuses=STATUSES,
        is_narrowed=any(question.values()),
        member_id=member_id,
        all_members=asked(PATH, **{**question, "member_id": None}),
        onward=onward(PATH, page.next_cursor, **question),
    )


@get(f"{PATH}/{{id:uuid}}", include_in_schema=False)
async def message(visit: VisitOf, id: FromPath[UUID]) -> Response[bytes]:
    """Show one message with its words."""
    visit.require(READ)
    words = await visit.mall.get(f"/v1/messages/{id}", Words)
    return await office_page(visit, "office/message.html", area=AREA, words=words, one=words.message)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # nothing that the field for a day lets through


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL).isoformat()


ROUTES = [messages, message]
