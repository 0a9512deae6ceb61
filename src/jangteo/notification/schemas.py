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


class NotificationPage(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_cursor` leads to older ones."""

    items: list[NotificationView]
    next_cursor: UUID | None
