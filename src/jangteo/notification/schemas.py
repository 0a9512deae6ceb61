"""What the notification API answers."""

from datetime import datetime
from uuid import UUID

import msgspec


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the member was, or will be, told. `status`: pending, sent, dropped or expired."""

    id: UUID
    template: str
    channel: str
    status: str
    subject: str
    order_id: UUID | None
    created_at: datetime
    finished_at: datetime | None


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message is for, masked."""

    email: str
    name: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as staff see it. `error` is a code: why it was dropped, or why it is tried again at `due_at`.

    `recipient` is null for one who is no member any more.
    """

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


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_cursor` leads to older ones. `templates` are all there are, to choose from."""

    items: list[MessageView]
    next_cursor: UUID | None
    templates: list[str]


class MessageText(msgspec.Struct, frozen=True, kw_only=True):
    """A message with its words, as they are for a masked recipient.

    `text` is null where nobody but its recipient should read it, since it holds a personal link or tells of where
    they logged in: `withheld` is true then. It is null, too, where there is nobody left to write it for.
    """

    message: MessageView
    subject: str
    text: str | None
    withheld: bool


class NotificationPage(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_cursor` leads to older ones."""

    items: list[NotificationView]
    next_cursor: UUID | None
