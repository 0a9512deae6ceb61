"""What a generator is told to do, and what it tells when it has: one line of JSON each."""

import random
from collections.abc import Iterator

import msgspec

from bench.calls import Wares


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Drive one operation for `seconds`.

    `people` are the numbers of the members whom this generator plays. With `rate` 0 each of them calls again as soon as
    it is answered (closed loop); otherwise calls arrive `rate` times a second, whoever is still being served.
    """

    url: str
    operation: str
    seconds: float
    people: list[int]
    rate: float = 0.0
    seed: int = 0
    wares: Wares


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the milliseconds of each good answer, the first things that went wrong, and the generator's own
    CPU seconds. `seconds` is how long it took until the last answer; `late_ms` how far behind its plan the generator
    itself began the calls of an open loop, at the 99th percentile.
    """

    times_ms: list[float]
    errors: int
    faults: list[str]
    seconds: float
    cpu_seconds: float
    late_ms: float = 0.0


def arrivals(rate: float, seconds: float, dice: random.Random) -> Iterator[float]:
    """Yield the moments, in seconds from the start, at which strangers arrive: independently, `rate` a second."""
    at = dice.expovariate(rate)
    while at < seconds:
        yield at
        at += dice.expovariate(rate)


def percentile(ordered: list[float], share: float) -> float:
    """Return the value that `share` of the sorted values do not exceed (nearest rank); 0 where there are none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]
