"""HTTP in: members read what they were told."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from jangteo.kit.auth import Caller
from jangteo.notification.queries import Notifications
from jangteo.notification.schemas import NotificationPage


@get("/v1/notifications", summary="What I was told")
async def list_notifications(
    caller: NamedDependency[Caller],
    notifications: NamedDependency[Notifications],
    cursor: FromQuery[UUID | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> NotificationPage:
    """Return the caller's own notifications, the newest first."""
    return await notifications.of_member(caller.tenant, caller.member_id, cursor, size)


ROUTES = [list_notifications]
