"""HTTP in: members read what they were told, and staff what all were told."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from litestar import get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from jangteo.kit.auth import Caller
from jangteo.notification.desk import Desk, Wanted
from jangteo.notification.queries import Notifications
from jangteo.notification.schemas import MessagePage, MessageText, NotificationPage

Status: TypeAlias = Literal["pending", "sent", "dropped", "expired"]
PERSONAL = CacheControlHeader(no_store=True)


@get("/v1/notifications", summary="What I was told")
async def list_notifications(
    caller: NamedDependency[Caller],
    notifications: NamedDependency[Notifications],
    cursor: FromQuery[UUID | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> NotificationPage:
    """Return the caller's own notifications, the newest first."""
    return await notifications.of_member(caller.tenant, caller.member_id, cursor, size)


@get("/v1/messages", summary="What the shop's members were told", cache_control=PERSONAL)
async def list_messages(
    caller: NamedDependency[Caller],
    desk: NamedDependency[Desk],
    kind: Annotated[str | None, QueryParameter(max_length=60, pattern=r"^[^\x00]*$")] = None,
    status: FromQuery[Status | None] = None,
    member_id: FromQuery[UUID | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    cursor: FromQuery[UUID | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> MessagePage:
    """List messages for staff, masked, the newest first; `kind` is the name of a template, `until` is not included."""
    return await desk.page(caller, Wanted(kind, status, member_id, since, until), cursor, size)


@get("/v1/messages/{id:uuid}", summary="One message with its words", cache_control=PERSONAL)
async def show_message(id: FromPath[UUID], caller: NamedDependency[Caller], desk: NamedDependency[Desk]) -> MessageText:
    """Show staff what a message says, with its recipient masked; what holds a personal link is withheld."""
    return await desk.read(caller, id)


ROUTES = [list_notifications, list_messages, show_message]
