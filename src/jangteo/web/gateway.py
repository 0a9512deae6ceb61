"""The way to the gateway, and on whose behalf it is gone."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from jangteo.kit.http.wire import Wire
from jangteo.web.session import Sessions
from jangteo.web.window import Window

AnswerT = TypeVar("AnswerT")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class Nothing(msgspec.Struct):
    """An answer that nobody reads."""


class Raw(NamedTuple):
    """An answer as it came: headers by their names in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Gateway(NamedTuple):
    """What all visitors' calls share."""

    wire: Wire
    address: str
    key: str
    sessions: Sessions
    window: Window


class Visitor(NamedTuple):
    """On whose behalf is called."""

    host: str
    scheme: str
    address: str
    language: str
    agent: str


class Moved(Exception):
    """The thing has another address now."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def address(path: str, query: Mapping[str, object]) -> str:
    """Return `path` with those parts of `query` that say something."""
    parts: list[tuple[str, object]] = []
    for name, value in query.items():
        several = value if isinstance(value, list | tuple) else [value]
        parts += [
            (name, str(one).lower() if isinstance(one, bool) else one) for one in several if one not in (None, "")
        ]
    return f"{path}?{urlencode(parts)}" if parts else path


def segment(text: str) -> str:
    """Return `text` as one segment of a path."""
    return quote(text, safe="")


def decoded(raw: bytes, answer: type[AnswerT]) -> AnswerT:
    """Return an answer in the form that is wanted; an empty one is an object without fields."""
    decoder = _decoders.get(answer)
    if decoder is None:
        decoder = _decoders[answer] = msgspec.json.Decoder(answer)
    value: AnswerT = decoder.decode(raw or b"{}")
    return value
