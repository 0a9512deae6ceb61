"""Who is 14: by the calendar of the shop, to the day, and what is said to who is not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.user.domain.age import AgeMissing, BirthDateInvalid, UnderAge, check_age, full_years

BIRTHDAY = date(2012, 3, 15)
# Midnight of the fourteenth birthday in Seoul.
FOURTEEN = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


def test_one_is_14_from_midnight_of_the_birthday_in_seoul():
    check_age(None, BIRTHDAY, FOURTEEN)
    with pytest.raises(UnderAge):
        check_age(None, BIRTHDAY, FOURTEEN - timedelta(seconds=1))


def test_who_was_born_on_a_leap_day_turns_on_the_first_of_march():
    assert full_years(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert full_years(date(2012, 2, 29), date(2026, 3, 1)) == 14
    assert full_years(date(2012, 2, 29), date(2028, 2, 29)) == 16


@pytest.mark.parametrize(
    ("stated", "born", "error"),
    [
        (None, None, AgeMissing),
        (True, BIRTHDAY, AgeMissing),
        (False, None, UnderAge),
        (None, date(2026, 3, 16), BirthDateInvalid),
        (None, date(1890, 1, 1), BirthDateInvalid),
    ],
)
def test_what_is_not_said_clearly_is_refused(stated, born, error):
    with pytest.raises(error):
        check_age(stated, born, FOURTEEN)


@given(st.dates(date(1950, 1, 1), date(2020, 12, 31)), st.integers(0, 20_000))
def test_age_grows_by_one_at_most_each_day(born, days):
    today = born + timedelta(days=days)
    assert full_years(born, today + timedelta(days=1)) - full_years(born, today) in (0, 1)
    assert full_years(born, born) == 0
