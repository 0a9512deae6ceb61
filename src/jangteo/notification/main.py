"""The notification service's wiring: events in, mails out, and a list for the member."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from jangteo.contracts.people import NotificationPersonErased, UserErased, forgetting
from jangteo.kit import inbox
from jangteo.kit.audit import AuditAdvanced, bear_witness
from jangteo.kit.background import running
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.people import People
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.postgres import Database
from jangteo.kit.process import Foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.service import open_premises, opened
from jangteo.notification.api import ROUTES
from jangteo.notification.clients import Directory
from jangteo.notification.desk import Desk
from jangteo.notification.handlers import handlers
from jangteo.notification.mail import MailWriter
from jangteo.notification.people import NotificationPeople
from jangteo.notification.queries import Notifications
from jangteo.notification.sender import Sender
from jangteo.notification.settings import NotificationSettings
from jangteo.notification.smtp import Mailer

SERVICE = "notification"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    sender: Sender
    notifications: Notifications
    desk: Desk
    people: People


@asynccontextmanager
async def assemble(settings: NotificationSettings) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(open_premises(settings, settings.database_url, settings.audit_key))
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database)
        yield await stack.enter_async_context(
            opened(settings, premises, [*ROUTES, *PEOPLE_ROUTES], _heard(parts), parts._asdict())
        )


async def _open_parts(
    stack: AsyncExitStack, settings: NotificationSettings, foundation: Foundation, database: Database
) -> Parts:
    mailer = Mailer(settings.smtp_url)
    stack.push_async_callback(mailer.close)
    directory = Directory(foundation.client("user"), foundation.client("order"))
    writer = MailWriter(
        sender=settings.mail_from, public_url=settings.public_url, default_tenant=settings.default_tenant
    )
    sender = Sender(database, directory, writer, mailer, send_seconds=settings.send_seconds)
    await stack.enter_async_context(running(sender))
    people = People(SERVICE, database, NotificationPeople())
    return Parts(sender, Notifications(database), Desk(database, directory, writer), people)


def _heard(parts: Parts) -> dict[type[Message], Handler]:
    erased = forgetting(parts.people, NotificationPersonErased)
    return {**handlers(parts.sender), AuditAdvanced: bear_witness, UserErased: erased}


async def _keep_house(stack: AsyncExitStack, settings: NotificationSettings, database: Database) -> None:
    await stack.enter_async_context(pruning(database, inbox.retention(settings.inbox_days)))


def main() -> None:
    """Run the service until it is told to stop."""
    run(NotificationSettings, SERVICE, assemble)
