"""When a parcel would arrive: a promise by the Korean calendar, made before anything is bought."""

from datetime import UTC, date, datetime, time, timedelta

from jangteo.contracts.shipping import Promise
from jangteo.kit.retention import SEOUL, is_working_day

# What is ordered by then on a working day leaves on the same day.
CUT_OFF = time(15, 0)
# Working days on the way, at the least and at the most: a ship adds its days.
_DAYS = {"mainland": (1, 2), "jeju": (2, 3), "island": (3, 5)}


def promise(zone: str, now: datetime) -> Promise:
    """Return what can be promised at `now` for a parcel to `zone` ("mainland", "jeju" or "island")."""
    here = now.astimezone(SEOUL)
    leaves_on = here.date()
    if not is_working_day(leaves_on) or here.time() >= CUT_OFF:
        leaves_on = _after(leaves_on, 1)
    least, most = _DAYS[zone]
    return Promise(
        order_by=datetime.combine(leaves_on, CUT_OFF, SEOUL).astimezone(UTC),
        leaves_on=leaves_on,
        arrives_from=_after(leaves_on, least),
        arrives_until=_after(leaves_on, most),
    )


def _after(day: date, working_days: int) -> date:
    while working_days:
        day += timedelta(days=1)
        working_days -= is_working_day(day)
    return day
