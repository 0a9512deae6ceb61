"""Every event counts once, in the hour in which it happened, and the sums of a stream are those of its steps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jangteo.kit.eventstore import Recorded
from jangteo.order.days import midnight
from jangteo.order.domain import events as happened
from jangteo.order.statistics import summed
from jangteo.order.tallies import Tally, hour_of, of_stream

ORDER, REFUND = UUID(int=1), UUID(int=21)
TOTAL = 25_000


def recorded(events, times=None):
    return [
        Recorded(version, event, times[version - 1] if times else at, "test", None)
        for version, (event, at) in enumerate(events, start=1)
    ]


def counted(events):
    found = summed(datetime(2026, 1, 1, tzinfo=UTC), of_stream(ORDER, recorded(events)))
    return {name: value for name, value in found._asdict().items() if value and name != "hour"}


PLACED = {"placed": 1, "placed_total": TOTAL}
PAID = {**PLACED, "paid": 1, "converted": 1, "sales": TOTAL}


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ("placed", PLACED),
        ("declined", PLACED),
        ("rejected", {**PLACED, "rejected": 1}),
        ("paid", PAID),
        ("delivered", PAID),
        ("cancelling_unasked", PLACED),
        ("cancelling_money_back", {**PAID, "refunded": TOTAL}),
        ("cancelled", {**PAID, "cancelled": 1, "refunded": TOTAL}),
    ],
)
def test_a_stream_counts_what_happened_in_it(situation_events, situation, expected):
    assert counted(situation_events[situation]) == expected


def test_refunds_in_parts_and_in_any_order_sum_to_what_was_given_back(situation_events):
    events = situation_events["delivered"]
    for number, amount, in_all in ((1, 2_000, 3_000), (2, 1_000, 1_000), (3, 4_000, 7_000)):
        refund = happened.Refunded(refund_id=UUID(int=number), amount=amount, refunded_in_all=in_all)
        events = [*events, (refund, events[-1][1])]
    assert counted(events)["refunded"] == 7_000


def test_a_conversion_counts_on_the_day_of_the_order_and_a_sale_on_that_of_the_payment(situation_events):
    events = situation_events["paid"]
    before_midnight = datetime(2026, 11, 22, 14, 59, 59, tzinfo=UTC)
    times = [before_midnight, *[before_midnight + timedelta(seconds=1)] * (len(events) - 1)]
    found = of_stream(ORDER, recorded(events, times))
    days = [tally.hour.astimezone(midnight(before_midnight.date()).tzinfo).day for tally in found]
    assert list(zip(days, [tally._replace(hour=None) for tally in found], strict=True)) == [
        (22, Tally(None, placed=1, placed_total=TOTAL)),
        (23, Tally(None, paid=1, sales=TOTAL)),
        (22, Tally(None, converted=1)),
    ]


def test_an_hour_begins_at_once_in_utc_and_in_seoul():
    assert hour_of(midnight(datetime(2026, 11, 23, tzinfo=UTC).date())) == datetime(2026, 11, 22, 15, tzinfo=UTC)
