"""What staff see of what was sent: to whom, when, why not; with names and addresses masked, and on the record."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec

from jangteo.contracts.user import Contact, MailKind
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid, NotFound
from jangteo.kit.ids import before_all_of
from jangteo.kit.postgres import Database
from jangteo.notification.clients import Directory
from jangteo.notification.domain import TEMPLATES
from jangteo.notification.mail import MailWriter
from jangteo.notification.schemas import MessagePage, MessageText, MessageView, Recipient

READ = "messages.read"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = """
id, template, channel, status, subject, last_error AS error, attempts, member_id, order_id, created_at,
CASE WHEN status = 'pending' THEN due_at END AS due_at, finished_at
"""


TEMPLATE_NAMES = sorted(
    [*(template.name for template in TEMPLATES.values()), *(f"account.{kind}" for kind in get_args(MailKind))]
)


class MessageUnknown(NotFound):
    """There is no such message in this shop."""

    code = "message.unknown"
    ko = "없는 메시지입니다."
    en = "There is no such message."


class ZoneMissing(Invalid):
    """Without its zone a time may mean any of 27 moments."""

    code = "time.zone_missing"
    ko = "시간대를 함께 적어 주세요: 2026-03-01T00:00:00+09:00"
    en = "Give the time zone, too: 2026-03-01T00:00:00+09:00"


class Wanted(NamedTuple):
    """Which messages to list; None for any."""

    kind: str | None = None
    status: str | None = None
    member_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, tenant: str, cursor: UUID | None) -> tuple[str, list[Any]]:
        """Return the WHERE clause and its parameters. A period is one of ids, which begin with the time."""
        before = [one for one in (cursor, _first_id(self.until, "until")) if one]
        parts = {
            "tenant =": tenant,
            "template =": self.kind,
            "status =": self.status,
            "member_id =": self.member_id,
            "id >=": _first_id(self.since, "since"),
            "id <": min(before, default=None),
        }
        given = {condition: value for condition, value in parts.items() if value is not None}
        return " AND ".join(f"{one} ${place}" for place, one in enumerate(given, 1)), list(given.values())


class Desk:
    """Lists messages, and shows one with its words."""

    def __init__(self, database: Database, directory: Directory, writer: MailWriter) -> None:
        self._database = database
        self._directory = directory
        self._writer = writer

    async def page(self, caller: Caller, wanted: Wanted, cursor: UUID | None, size: int) -> MessagePage:
        """Return messages, the newest first. Raises PermissionMissing, Unavailable."""
        caller.require(READ)
        where, values = wanted.conditions(caller.tenant, cursor)
        sql = f"SELECT {_COLUMNS} FROM notifications WHERE {where} ORDER BY id DESC LIMIT {size + 1}"
        async with self._database.read(caller.tenant) as reader:
            rows = await reader.fetch(sql, *values)
        people = await self._directory.masked(caller.tenant, {row["member_id"] for row in rows[:size]})
        items = [_seen(row, people.get(row["member_id"])) for row in rows[:size]]
        entry = Entry(by=caller, action="messages.listed", person=wanted.member_id, details={"messages": len(items)})
        await audit.note(self._database, caller.tenant, entry)
        next_cursor = items[-1].id if len(rows) > size else None
        return MessagePage(items=items, next_cursor=next_cursor, templates=TEMPLATE_NAMES)

    async def read(self, caller: Caller, id: UUID) -> MessageText:
        """Return a message with its words. Raises PermissionMissing, MessageUnknown, Unavailable."""
        caller.require(READ)
        sql = f"SELECT {_COLUMNS}, facts, mail_id FROM notifications WHERE tenant = $1 AND id = $2"
        async with self._database.read(caller.tenant) as reader:
            row = await reader.fetchrow(sql, caller.tenant, id)
        if row is None:
            raise MessageUnknown()
        people = await self._directory.masked(caller.tenant, {row["member_id"]})
        contact = people.get(row["member_id"])
        subject, text = await self._words(caller.tenant, row, contact)
        entry = Entry(by=caller, action="message.read", on=f"message:{id}", person=row["member_id"])
        await audit.note(self._database, caller.tenant, entry)
        return MessageText(message=_seen(row, contact), subject=subject, text=text, withheld=row["mail_id"] is not None)

    async def _words(self, tenant: str, row: Any, contact: Contact | None) -> tuple[str, str | None]:
        """Write the mail again, for somebody masked: its words are kept nowhere."""
        if row["mail_id"] is not None or contact is None:
            return row["subject"], None
        try:
            order = await self._directory.order(tenant, row["order_id"]) if row["order_id"] else None
        except NotFound:
            return row["subject"], None
        facts = msgspec.json.decode(row["facts"])
        rendered = self._writer.render(tenant, row["template"], contact, order, facts)
        return row["subject"] or rendered.subject, rendered.text


def _first_id(moment: datetime | None, field: str) -> UUID | None:
    """Return what sorts before every id made from `moment` on. Raises ZoneMissing."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ZoneMissing(field=field)
    return before_all_of(max(moment, EPOCH))


def _seen(row: Any, contact: Contact | None) -> MessageView:
    values = {name: row[name] for name in MessageView.__struct_fields__ if name != "recipient"}
    recipient = None if contact is None else Recipient(email=contact.email, name=contact.name)
    return MessageView(**values, recipient=recipient)
