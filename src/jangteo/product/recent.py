"""A bounded memory of what was used recently."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Recent(Generic[KeyT, ValueT]):
    """Keeps at most `limit` values for at most `seconds`; the one not used for longest goes first."""

    def __init__(self, limit: int, seconds: float = float("inf")) -> None:
        self._limit = limit
        self._seconds = seconds
        self._values: OrderedDict[KeyT, tuple[ValueT, float]] = OrderedDict()

    def get(self, key: KeyT) -> ValueT | None:
        """Return the value of `key`, or None."""
        found = self._values.get(key)
        if found is None:
            return None
        if found[1] < time.monotonic():
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: KeyT, value: ValueT) -> None:
        """Remember `value`, perhaps forgetting another."""
        self._values[key] = (value, time.monotonic() + self._seconds)
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def drop(self, key: KeyT) -> None:
        """Forget `key`, if it is known."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def __len__(self) -> int:
        return len(self._values)
