"""Mail out, over SMTP: the one interface that every mail provider speaks."""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from jangteo.kit.errors import Invalid, Unavailable

TIMEOUT_SECONDS = 10.0


class MailServerUnavailable(Unavailable):
    """The mail server does not answer, or says that it will later."""

    code = "mail.unavailable"


class RecipientRefused(Invalid):
    """The mail server will never take a mail for this recipient."""

    code = "mail.recipient_refused"
    ko = "메일 서버가 수신자를 거부했습니다."
    en = "The mail server refuses this recipient."


class Mailer:
    """Hands mails to one server, a connection each: a shop sends few, and a kept one goes stale."""

    def __init__(self, url: str) -> None:
        """`url` is smtp://[user:password@]host:port, or smtps://…"""
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (465 if parts.scheme == "smtps" else 25)
        self._tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, mail: EmailMessage) -> None:
        """Send `mail`. Raises MailServerUnavailable (worth a retry) or RecipientRefused (never)."""
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._user else False,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(500 <= refusal.code < 600 for refusal in error.recipients):
                raise RecipientRefused() from None
            raise MailServerUnavailable() from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailServerUnavailable() from error
