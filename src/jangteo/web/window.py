"""What everybody sees alike, decoded once and kept while it has not changed."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

ValueT = TypeVar("ValueT")
MOST = 4_000
Key = tuple[str, str, str]  # tenant, language, address


@dataclass(slots=True)
class Known(Generic[ValueT]):
    """An answer, and when it was last found to be true."""

    value: ValueT
    etag: str
    seen: float

    def is_fresh(self, seconds: float) -> bool:
        """Return whether it was true less than `seconds` ago."""
        return time.monotonic() - self.seen < seconds


class Window:
    """The last answers asked for."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[Key, Any], Known[Any]] = OrderedDict()

    def known(self, key: Key, kind: type[ValueT]) -> Known[ValueT] | None:
        """Return what is known of `key`, in the form `kind`."""
        found = self._known.get((key, kind))
        if found is not None:
            self._known.move_to_end((key, kind))
        return found

    def seen(self, known: Known[Any]) -> None:
        """Note that it is still so."""
        known.seen = time.monotonic()

    def keep(self, key: Key, kind: type[ValueT], value: ValueT, etag: str) -> None:
        """Know a new answer; the one used longest ago goes."""
        self._known[(key, kind)] = Known(value, etag, time.monotonic())
        while len(self._known) > self._most:
            self._known.popitem(last=False)
