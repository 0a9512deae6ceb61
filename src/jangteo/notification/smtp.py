"""Mail out, over SMTP: the one interface that every mail provider speaks."""

import asyncio
import time
from contextlib import suppress
from urllib.parse import unquote, urlsplit

import aiosmtplib

from jangteo.kit.errors import Invalid, Unavailable
from jangteo.notification.mail import Mail

TIMEOUT_SECONDS = 10.0
# A burst shares its connections; what waits longer is closed, before servers lose patience.
KEEP_SECONDS = 10.0


class MailServerUnavailable(Unavailable):
    """The mail server does not answer, or says that it will later."""

    code = "mail.unavailable"


class RecipientRefused(Invalid):
    """The mail server will never take a mail for this recipient."""

    code = "mail.recipient_refused"
    ko = "메일 서버가 수신자를 거부했습니다."
    en = "The mail server refuses this recipient."


class MailRefused(Invalid):
    """The mail server will never take this mail, whoever it is for."""

    code = "mail.refused"
    ko = "메일 서버가 메일을 거부했습니다."
    en = "The mail server refuses this mail."


class Mailer:
    """Hands mails to one server, over connections that are kept for the length of a burst."""

    def __init__(self, url: str) -> None:
        """`url` is smtp://[user:password@]host:port, or smtps://…; a password never travels without TLS."""
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._port = parts.port or (465 if self._tls else 587 if self._user else 25)
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []
        self._closing: asyncio.TimerHandle | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def send(self, mail: Mail) -> None:
        """Send `mail`. Raises MailServerUnavailable (worth a retry), RecipientRefused or MailRefused (never)."""
        client, kept = await self._client()
        try:
            await self._hand_over(client, mail)
        except aiosmtplib.SMTPServerDisconnected:
            if not kept:
                raise MailServerUnavailable() from None
            # A connection that was kept too long says nothing of the server; the Message-ID makes repeating safe.
            client = await self._connect()
            try:
                await self._hand_over(client, mail)
            except aiosmtplib.SMTPServerDisconnected:
                raise MailServerUnavailable() from None

    async def close(self) -> None:
        """Say goodbye on all kept connections."""
        if self._closing is not None:
            self._closing.cancel()
        clients, self._idle = self._idle, []
        await asyncio.gather(*(_quit(client) for _, client in clients), *self._goodbyes)

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: Mail) -> None:
        options = [] if mail.recipient.isascii() else ["SMTPUTF8"]
        try:
            await client.sendmail(mail.sender, mail.recipient, mail.content, mail_options=options)
        except BaseException as error:
            client.close()
            if isinstance(error, aiosmtplib.SMTPServerDisconnected) or (meaning := _meaning(error)) is None:
                raise
            # Not chained: the words of a server's answer may name a person.
            raise meaning from None
        self._keep(client)

    async def _client(self) -> tuple[aiosmtplib.SMTP, bool]:
        while self._idle:
            _, client = self._idle.pop()
            if client.is_connected:
                return client, True
        return await self._connect(), False

    async def _connect(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            # Without a password there is nothing to hide on the way, and no extension to probe for.
            start_tls=self._user is not None and not self._tls,
            # Else the library asks the resolver for the name of this machine, and waits for it.
            local_hostname="localhost",
            timeout=TIMEOUT_SECONDS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise MailServerUnavailable() from error
        return client

    def _keep(self, client: aiosmtplib.SMTP) -> None:
        self._idle.append((time.monotonic(), client))
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        self._closing = None
        oldest = time.monotonic() - KEEP_SECONDS
        for _, client in (one for one in self._idle if one[0] <= oldest):
            goodbye = asyncio.create_task(_quit(client))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)
        self._idle = [one for one in self._idle if one[0] > oldest]
        if self._idle:
            self._closing = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._close_idle)


async def _quit(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=1.0)
    client.close()


def _meaning(error: BaseException) -> Invalid | Unavailable | None:
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            final = all(500 <= refusal.code < 600 for refusal in error.recipients)
            return RecipientRefused() if final else MailServerUnavailable()
        case aiosmtplib.SMTPDataError():
            return MailRefused() if 500 <= error.code < 600 else MailServerUnavailable()
        case aiosmtplib.SMTPNotSupported() | ValueError():
            # An address beyond what the server, or SMTP, can be told.
            return RecipientRefused()
        case aiosmtplib.SMTPException() | OSError():
            return MailServerUnavailable()
    return None
