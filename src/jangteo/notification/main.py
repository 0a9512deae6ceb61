"""The notification service's wiring: events in, mails out, and a list for the member."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jangteo.contracts.people import NotificationPersonErased, UserErased, forgetting
from jangteo.kit import audit, inbox
from jangteo.kit.audit import AuditAdvanced, bear_witness
from jangteo.kit.http.app import create_app
from jangteo.kit.inbox import Handler, subscribe
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay
from jangteo.kit.people import People
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.postgres import open_database
from jangteo.kit.process import open_foundation, run
from jangteo.kit.pruning import pruning
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


@asynccontextmanager
async def assemble(settings: NotificationSettings) -> AsyncIterator[Any]:
    """Open everything the service needs, in order."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url))
        relay = Relay(database, foundation.bus, source=SERVICE)
        await relay.start()
        stack.push_async_callback(relay.stop)
        audit.keep(database, SERVICE, settings.audit_key)
        mailer = Mailer(settings.smtp_url)
        stack.push_async_callback(mailer.close)
        directory = Directory(foundation.client("user"), foundation.client("order"))
        writer = MailWriter(
            sender=settings.mail_from, public_url=settings.public_url, default_tenant=settings.default_tenant
        )
        sender = Sender(database, directory, writer, mailer, send_seconds=settings.send_seconds)
        await sender.start()
        stack.push_async_callback(sender.stop)
        people = People(SERVICE, database, NotificationPeople())
        heard: dict[type[Message], Handler] = {
            **handlers(sender),
            AuditAdvanced: bear_witness,
            UserErased: forgetting(people, NotificationPersonErased),
        }
        subscription = await subscribe(foundation.bus, database, SERVICE, heard)
        stack.push_async_callback(subscription.stop)
        await stack.enter_async_context(pruning(database, inbox.retention(settings.inbox_days)))
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *PEOPLE_ROUTES],
            title="Notification",
            dependencies={
                "notifications": Notifications(database),
                "desk": Desk(database, directory, writer),
                "people": people,
            },
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )


def main() -> None:
    """Run the service until it is told to stop."""
    run(NotificationSettings, SERVICE, assemble)
