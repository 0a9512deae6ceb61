"""Time is an argument: whoever needs it is given a clock, so that tests can move it.

On a developer's machine a running process's own idea of the time can be moved as well, to see what a wrong clock does.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_READ_AGAIN_SECONDS = 0.1
_shift: "_Shift | None" = None


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock, as wrong as `follow_offset` says."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        if _shift is None:
            return datetime.now(UTC)
        return datetime.now(UTC) + timedelta(seconds=_shift.seconds())


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self._now += timedelta(seconds=seconds)


def unix_now() -> float:
    """Return the same instant as SystemClock, in Unix seconds."""
    return time.time() if _shift is None else time.time() + _shift.seconds()


def follow_offset(file: Path) -> None:
    """Let this process's clock be wrong by the number of seconds in `file`, whenever that changes.

    Only what reads this module is wrong: not the servers, not the event loop's timers, not the kernel.
    """
    global _shift
    _shift = _Shift(file)


class _Shift:
    """The number in a file, looked at ten times a second at most; none where there is no file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seconds = 0.0
        self._read_at = float("-inf")

    def seconds(self) -> float:
        """Return the offset in seconds."""
        now = time.monotonic()
        if now - self._read_at >= _READ_AGAIN_SECONDS:
            self._read_at = now
            try:
                self._seconds = float(self._file.read_text())
            except FileNotFoundError:
                self._seconds = 0.0
        return self._seconds
