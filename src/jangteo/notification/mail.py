"""A notice as a mail: Korean or English, text and HTML out of one template, nothing missing let by."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jangteo.contracts.order import OrderSummary
from jangteo.contracts.user import Contact

SHOP_ZONE = ZoneInfo("Asia/Seoul")
_FOLDER = Path(__file__).parent / "templates"


class MailWriter:
    """Writes mails in the name of one shop."""

    def __init__(self, *, sender: str, shop_url: str) -> None:
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
        self._shop_url = shop_url.rstrip("/")
        self._text = _environment(autoescape=False)
        self._html = _environment(autoescape=True)

    def write(
        self, id: UUID, template: str, contact: Contact, order: OrderSummary | None, facts: dict[str, Any]
    ) -> EmailMessage:
        """Return the mail. Its Message-ID comes from `id`, so that a mail sent again can be known as the same one.

        Raises jinja2.UndefinedError where a template needs what is not there.
        """
        language = contact.language if contact.language in ("ko", "en") else "ko"
        name = f"{language}/{template}.j2"
        context = {
            "contact": contact,
            "order": order,
            "shop_url": self._shop_url,
            "language": language,
            **facts,
        }
        text = self._text.get_template(name)
        subject = "".join(text.blocks["subject"](text.new_context({**context, "layout": "layout.txt.j2"})))
        mail = EmailMessage()
        mail["Subject"] = subject.strip()
        mail["From"] = self._sender
        mail["To"] = contact.email
        mail["Message-ID"] = f"<{id}@{self._domain}>"
        mail["Content-Language"] = language
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text.render({**context, "layout": "layout.txt.j2"}))
        html = self._html.get_template(name).render({**context, "layout": "layout.html.j2"})
        mail.add_alternative(html, subtype="html")
        return mail


def money(amount: int, currency: str, language: str) -> str:
    """Return an amount of minor units as people write it: 39,000원 in Korean, ₩39,000 in English."""
    if currency == "KRW":
        return f"{amount:,}원" if language == "ko" else f"₩{amount:,}"
    return f"{amount / 100:,.2f} {currency}"


def local_time(instant: str | datetime, language: str) -> str:
    """Return an instant as a clock in the shop shows it (Asia/Seoul)."""
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    local = moment.astimezone(SHOP_ZONE)
    return local.strftime("%Y년 %m월 %d일 %H:%M") if language == "ko" else local.strftime("%d %b %Y, %H:%M KST")


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=autoescape,  # noqa: S701  (off for the text part only, which nothing renders)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["money"] = money
    environment.filters["local_time"] = local_time
    return environment
