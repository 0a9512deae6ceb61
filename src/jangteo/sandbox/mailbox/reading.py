"""Reads a mail as it came: subject, words, attachments; nothing that anybody may send makes it fail."""

import email
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import compat32, default

import msgspec

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is not the text."""

    name: str
    type: str
    size: int


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a mail."""

    text: str
    html: str
    headers: dict[str, str]
    attachments: list[Attachment]


def subject_and_name_of(raw: bytes) -> tuple[str, str]:
    """Return the subject on one line and the Message-ID, each empty where there is none."""
    end = _BLANK_LINE.search(raw)
    # The old policy: a tenth of the other's cost for the only two headers that are looked at for every mail. And no
    # look at the parts: a pattern would be compiled for each new boundary.
    headers = BytesHeaderParser(policy=compat32).parsebytes(raw[: end.end()] if end else raw)
    return _plain(headers.get("Subject")), _plain(headers.get("Message-ID"))


def content_of(raw: bytes) -> Content:
    """Return what is in a mail; parts that cannot be read are shown as they are, or left out."""
    message = _parsed(raw)
    headers: dict[str, str] = {}
    for name in dict.fromkeys(message.keys()):
        headers[name] = _header(message, name)
    parts = [part for part in message.walk() if not part.is_multipart()]
    inline = [part for part in parts if part.get_content_disposition() != "attachment" and not part.get_filename()]
    return Content(
        text=_first(inline, "text/plain"),
        html=_first(inline, "text/html"),
        headers=headers,
        attachments=[_attachment(part) for part in parts if part not in inline],
    )


def opened_elsewhere(html: str) -> str:
    """Return the page with its links opening in a tab of their own: inside its frame nothing can be opened."""
    target = '<base target="_blank">'
    found = _HEAD.search(html)
    if found is None:
        return target + html
    return html[: found.end()] + target + html[found.end() :]


def _attachment(part: EmailMessage) -> Attachment:
    payload = part.get_payload(decode=True)
    size = len(payload) if isinstance(payload, bytes) else 0
    return Attachment(name=part.get_filename() or "", type=part.get_content_type(), size=size)


def _parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    return message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return ", ".join(str(value) for value in message.get_all(name, []))
    except Exception:
        # The parser of the standard library still trips over some malformed headers, with errors of many kinds.
        return ", ".join(str(value) for key, value in message.raw_items() if key.lower() == name.lower())


def _plain(value: object) -> str:
    if value is None:
        return ""
    try:
        return " ".join(str(make_header(decode_header(str(value)))).split())
    except (HeaderParseError, LookupError, ValueError):
        return " ".join(str(value).split())


def _first(parts: list[EmailMessage], kind: str) -> str:
    for part in parts:
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            raw = payload if isinstance(payload, bytes) else b""
            try:
                return raw.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                return raw.decode("utf-8", "replace")
    return ""
