"""What the mailbox tells programs: JSON out."""

from datetime import UTC, datetime

import msgspec

from jangteo.sandbox.mailbox.reading import Attachment, Content
from jangteo.sandbox.mailbox.store import Mail


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in a list."""

    id: int
    received_at: datetime
    sender: str = msgspec.field(name="from")
    to: list[str]
    subject: str
    size: int


class FullMailView(MailView, frozen=True, kw_only=True):
    """A mail with what is in it; a header that comes twice is joined by commas."""

    text: str
    html: str
    headers: dict[str, str]
    attachments: list[Attachment]


def mail_view(mail: Mail) -> MailView:
    """Show a mail in a list."""
    return MailView(
        id=mail.id,
        received_at=datetime.fromtimestamp(mail.received_at, UTC),
        sender=mail.sender,
        to=mail.recipients,
        subject=mail.subject,
        size=mail.size,
    )


def full_mail_view(mail: Mail, content: Content) -> FullMailView:
    """Show a whole mail."""
    shown = mail_view(mail)
    return FullMailView(
        id=shown.id,
        received_at=shown.received_at,
        sender=shown.sender,
        to=shown.to,
        subject=shown.subject,
        size=shown.size,
        text=content.text,
        html=content.html,
        headers=content.headers,
        attachments=content.attachments,
    )
