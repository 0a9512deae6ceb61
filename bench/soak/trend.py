"""Whether a series of readings grows: a slope that a few wild readings cannot move, and how sure it is.

Theil-Sen: the median of the slopes between all pairs of points. Its confidence interval is Sen's (1968): by rank, from
the variance of Kendall's S. Neighbouring readings depend on each other, which would make it too narrow, so readings
are first gathered into medians of a quarter of a minute.
"""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

GATHER_SECONDS = 15.0
_NORMAL_95 = 1.96
_FEWEST = 8


class Point(NamedTuple):
    """A reading at so many seconds."""

    at: float
    value: float


class Slope(NamedTuple):
    """Growth per second, and the bounds between which it is with 95%."""

    value: float
    low: float
    high: float


def gathered(points: Sequence[Point], seconds: float = GATHER_SECONDS) -> list[Point]:
    """Return the median of each stretch of so many seconds."""
    stretches: dict[int, list[Point]] = {}
    for point in points:
        stretches.setdefault(int(point.at // seconds), []).append(point)
    return [
        Point(statistics.median(p.at for p in stretch), statistics.median(p.value for p in stretch))
        for _, stretch in sorted(stretches.items())
    ]


def slope_of(points: Sequence[Point]) -> Slope:
    """Return the slope of `points`. Raises ValueError for fewer than 8: no interval could be told."""
    count = len(points)
    if count < _FEWEST:
        raise ValueError(f"{count} points tell no slope; {_FEWEST} are needed")
    slopes = sorted(
        (later.value - earlier.value) / (later.at - earlier.at)
        for place, earlier in enumerate(points)
        for later in points[place + 1 :]
    )
    spread = _NORMAL_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low, high = math.floor((len(slopes) - spread) / 2), math.ceil((len(slopes) + spread) / 2)
    return Slope(statistics.median(slopes), slopes[max(0, low)], slopes[min(len(slopes) - 1, high)])
