"""How often one client may call: the numbers behind the rate classes of the route table."""

import math
from dataclasses import dataclass

from jangteo.gateway.routes import Limit

SMALLEST_FILL_SECONDS = 0.05  # Envoy fills a bucket at most this often


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket per client: `burst` calls at once, then `per_second` of them."""

    burst: int
    per_second: float

    def scaled(self, scale: float) -> "Rate":
        """Return the rate `scale` times as generous, never below one call."""
        return Rate(max(1, round(self.burst * scale)), self.per_second * scale)

    @property
    def tokens_per_fill(self) -> int:
        """Return how many calls each fill of the bucket gives back."""
        return max(1, math.ceil(self.per_second * SMALLEST_FILL_SECONDS))

    @property
    def fill_seconds(self) -> float:
        """Return the seconds between two fills."""
        return round(self.tokens_per_fill / self.per_second, 3)


RATES: dict[Limit, Rate] = {
    Limit.DEFAULT: Rate(burst=200, per_second=50),
    Limit.MEDIA: Rate(burst=600, per_second=200),  # one page shows dozens of pictures
    Limit.SEARCH: Rate(burst=60, per_second=15),  # suggestions come at typing speed
    Limit.WRITE: Rate(burst=60, per_second=10),
    Limit.LOGIN: Rate(burst=10, per_second=0.2),  # a guesser gets 12 passwords a minute
    Limit.WEBHOOK: Rate(burst=1000, per_second=200),  # one provider speaks for a whole mall
}


def rates(scale: float) -> dict[Limit, Rate]:
    """Return the rates times `scale`; none at all for 0, which switches limiting off."""
    return {limit: rate.scaled(scale) for limit, rate in RATES.items()} if scale > 0 else {}
