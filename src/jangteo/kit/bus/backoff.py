"""How long to wait before trying again, so that many processes do not come back in the same instant."""

import random


def pause(attempt: int, *, first: float = 0.1, longest: float = 30.0) -> float:
    """Return seconds to wait after the failed try number `attempt` (from 1): doubling, with jitter.

    Half of the pause is fixed and half is random ("equal jitter"), so it grows and still spreads.
    """
    whole = min(longest, first * 2.0 ** min(attempt - 1, 30))
    return float(whole / 2 + random.random() * whole / 2)  # noqa: S311 - spreading load is no secret
