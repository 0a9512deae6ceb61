"""Reads of the notification service."""

from uuid import UUID

from jangteo.kit.postgres import Database
from jangteo.notification.schemas import NotificationPage, NotificationView

_PAGE = """
SELECT id, template, channel, status, subject, order_id, created_at, finished_at FROM notifications
WHERE tenant = $1 AND member_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""


class Notifications:
    """What members were told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_member(self, tenant: str, member_id: UUID, cursor: UUID | None, size: int) -> NotificationPage:
        """Return a page of at most `size`, older than `cursor`."""
        async with self._database.read(tenant) as reader:
            rows = await reader.fetch(_PAGE, tenant, member_id, cursor, size + 1)
        items = [NotificationView(**dict(row)) for row in rows[:size]]
        return NotificationPage(items=items, next_cursor=items[-1].id if len(rows) > size else None)
