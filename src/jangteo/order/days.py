"""The days by which staff look for orders and read figures: those of Seoul."""

from datetime import date, datetime, time

from jangteo.kit.errors import Invalid
from jangteo.order.domain.number import SEOUL

# No order is older, and none will be found later; what lies outside has no moment in some time zones, and no id.
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)


class DayOutOfRange(Invalid):
    """No shop has orders of that day."""

    code = "day.out_of_range"
    ko = "{earliest}부터 {latest}까지의 날짜를 입력해 주세요."
    en = "The day must lie between {earliest} and {latest}."


def day_of(given: date | None, field: str) -> date | None:
    """Return the day given as `field`, if any. Raises DayOutOfRange."""
    if given is not None and not _EARLIEST <= given <= _LATEST:
        raise DayOutOfRange(field=field, earliest=_EARLIEST.isoformat(), latest=_LATEST.isoformat())
    return given


def midnight(day: date) -> datetime:
    """Return the beginning of a day in Seoul."""
    return datetime.combine(day, time(), SEOUL)
