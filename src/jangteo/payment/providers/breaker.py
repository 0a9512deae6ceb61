"""A circuit breaker: a provider that does not answer is left alone for a while, so that it ties up nothing of ours."""

import time
from collections.abc import Callable

FAILURES = 5
FIRST_BREAK = 1.0
LONGEST_BREAK = 15.0


class Breaker:
    """Opens after a row of failures; lets one call through after a break, which doubles each time that one fails."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._break = FIRST_BREAK
        self._closed_at = 0.0  # until then nobody is let through
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Tell whether calls are held back just now."""
        return self._failures >= FAILURES

    def admit(self) -> bool:
        """Tell whether a call may go ahead; whoever is admitted must report what came of it."""
        if not self.is_open:
            return True
        if self._probing or self._now() < self._closed_at:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Note an answer, whatever it said."""
        self._failures, self._break, self._probing = 0, FIRST_BREAK, False

    def failed(self) -> None:
        """Note that no answer came."""
        self._failures += 1
        self._probing = False
        if self.is_open:
            self._closed_at = self._now() + self._break
            self._break = min(LONGEST_BREAK, self._break * 2)
