"""A promise of delivery holds the Korean calendar: cut-off, weekends, holidays, and the sea."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.retention import SEOUL, is_working_day
from jangteo.shipping.promise import CUT_OFF, promise


@pytest.mark.parametrize(
    ("zone", "ordered", "leaves", "earliest", "latest"),
    [
        ("mainland", "2026-11-18T14:59:59", "2026-11-18", "2026-11-19", "2026-11-20"),
        ("mainland", "2026-11-18T15:00:00", "2026-11-19", "2026-11-20", "2026-11-23"),
        ("mainland", "2026-11-20T10:00:00", "2026-11-20", "2026-11-23", "2026-11-24"),
        ("mainland", "2026-11-21T10:00:00", "2026-11-23", "2026-11-24", "2026-11-25"),
        ("jeju", "2026-11-18T10:00:00", "2026-11-18", "2026-11-20", "2026-11-23"),
        ("island", "2026-11-18T10:00:00", "2026-11-18", "2026-11-23", "2026-11-25"),
        # Seollal 2027: from Saturday the 6th to Tuesday the 9th, its substitute day among them.
        ("mainland", "2027-02-05T16:00:00", "2027-02-10", "2027-02-11", "2027-02-12"),
    ],
)
def test_the_promise(zone: str, ordered: str, leaves: str, earliest: str, latest: str) -> None:
    made = promise(zone, datetime.fromisoformat(ordered).replace(tzinfo=SEOUL))
    found = (made.leaves_on, made.arrives_from, made.arrives_until)
    assert found == tuple(date.fromisoformat(day) for day in (leaves, earliest, latest))


@given(st.integers(1_735_000_000, 1_890_000_000), st.sampled_from(["mainland", "jeju", "island"]))
def test_whoever_orders_before_the_named_time_is_promised_the_same_days(seconds: int, zone: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    made = promise(zone, now)
    assert now < made.order_by
    assert made.leaves_on < made.arrives_from < made.arrives_until
    assert all(map(is_working_day, (made.leaves_on, made.arrives_from, made.arrives_until)))
    assert made.order_by.astimezone(SEOUL).time() == CUT_OFF
    assert made.order_by.astimezone(SEOUL).date() == made.leaves_on
