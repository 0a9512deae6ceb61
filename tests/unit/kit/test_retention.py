"""How long the law has something kept: counted as the civil code counts, over weekends and Korean holidays."""

from datetime import UTC, date, datetime

import pytest

from jangteo.contracts.retention import ACCESS_LOG, CONTRACT_PAYMENT, DISPUTE, LABELLING, LAW, RULES
from jangteo.kit.retention import Rule, Rules, day_of, is_working_day


@pytest.mark.parametrize(
    ("purpose", "since", "due"),
    [
        # The first day does not count: five years from a Tuesday end with a Monday, and the record goes on the Tuesday.
        (CONTRACT_PAYMENT, date(2026, 3, 10), date(2031, 3, 11)),
        # The last day would be Saturday 2031-11-22; Monday the 24th takes its place.
        (CONTRACT_PAYMENT, date(2026, 11, 22), date(2031, 11, 25)),
        # Chuseok 2031 is September 30 to October 2; October 3 is a holiday, the 4th and 5th are a weekend.
        (CONTRACT_PAYMENT, date(2026, 9, 30), date(2031, 10, 7)),
        # 2031-03-01 is a Saturday and a holiday, the 2nd a Sunday, and Monday stands in for the holiday.
        (CONTRACT_PAYMENT, date(2026, 3, 1), date(2031, 3, 5)),
        (DISPUTE, date(2026, 6, 1), date(2029, 6, 2)),
        # No February 29 three years on: the month ends with the 28th (§160③), here a Wednesday.
        (DISPUTE, date(2024, 2, 29), date(2027, 3, 3)),
        (LABELLING, date(2026, 8, 31), date(2027, 3, 3)),
        (ACCESS_LOG, date(2026, 11, 10), date(2027, 2, 11)),
    ],
)
def test_a_record_is_due_the_day_after_its_last_working_day(purpose, since, due):
    assert RULES.due_on(purpose, since) == due


def test_a_rule_may_end_on_any_day():
    plain = Rules([Rule(purpose="x", months=1, counted_from="", law="", moves_to_working_day=False)])
    assert plain.due_on("x", date(2026, 9, 24)) == date(2026, 10, 25)


def test_days_begin_at_midnight_in_seoul():
    assert day_of(datetime(2026, 11, 22, 15, 0, tzinfo=UTC)) == date(2026, 11, 23)
    assert day_of(datetime(2026, 11, 22, 14, 59, tzinfo=UTC)) == date(2026, 11, 22)


def test_lunar_holidays_and_their_substitutes_are_known():
    assert not is_working_day(date(2027, 2, 8))  # Seollal 2027 begins on a Saturday
    assert not is_working_day(date(2027, 2, 9))
    assert is_working_day(date(2027, 2, 10))


def test_every_rule_names_its_law_and_its_first_day():
    assert {rule.purpose for rule in LAW} == {CONTRACT_PAYMENT, DISPUTE, LABELLING, ACCESS_LOG}
    assert all(rule.law and rule.counted_from for rule in LAW)
