"""How long the law has something kept, as data, and on which day it is due to be destroyed, by the Korean calendar.

The counting is that of the civil code (민법): the first day does not count (§157), years and months are those of the
calendar (§160), and a period that would end on a Saturday or a public holiday ends on the day after it (§161).
"""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import msgspec

SEOUL = ZoneInfo("Asia/Seoul")
_SATURDAY = 5


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose for which the law has records kept, for how many months, and from which day on."""

    purpose: str
    months: int
    counted_from: str
    law: str
    moves_to_working_day: bool = True


class Rules:
    """The rules by their purposes."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {rule.purpose: rule for rule in rules}

    def __contains__(self, purpose: str) -> bool:
        return purpose in self._rules

    def due_on(self, purpose: str, since: date) -> date:
        """Return the first day on which a record of `since` need not be kept any more. Raises KeyError."""
        rule = self._rules[purpose]
        last = _months_after(since, rule.months)
        if rule.moves_to_working_day:
            while not is_working_day(last):
                last += timedelta(days=1)
        return last + timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Say whether `day` is neither a weekend nor a public holiday in Korea, as far as those are known by now.

    A holiday that the government declares for one occasion is known once the package `holidays` has it.
    """
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def day_of(moment: datetime) -> date:
    """Return the day that `moment` falls on in Korea."""
    return moment.astimezone(SEOUL).date()


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("KR", years=year))
