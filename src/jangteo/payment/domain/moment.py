"""The circumstances of a decision: the time, and how long the rules wait for a provider before they do what."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LONGEST_REFUND_PAUSE = 3600.0


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times in seconds."""

    lease: float = 8.0
    """Work that its process has not finished by then was left behind by a crash."""
    grace: float = 10.0
    """A request may still reach the provider for so long after it was sent."""
    authorise_asks: int = 2
    """How often a provider that knows nothing of an attempt is asked for it."""
    authorise_within: float = 60.0
    """A buyer is not kept waiting for longer than this."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When something is decided; `refund_id` is for the refund that it may call for."""

    now: datetime
    patience: Patience
    refund_id: UUID

    @property
    def leased(self) -> datetime:
        """Return until when one process keeps work to itself."""
        return self.now + timedelta(seconds=self.patience.lease)


def pause(tries: int, longest: float = LONGEST_PAUSE) -> timedelta:
    """Return the pause after so many tries: 1, 2, 4 … seconds, up to `longest`."""
    return timedelta(seconds=min(longest, FIRST_PAUSE * 2.0 ** min(max(tries, 0), 20)))
