"""Charts lie within their picture, keep their proportions, and say nothing where there is no figure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.web.office.charts import HEIGHT, WIDTH, Value, chart, round_top
from jangteo.web.office.figures import Figures, Statistics, charts, percent, tiles
from jangteo.web.texts import sayer

AMOUNTS = st.lists(st.one_of(st.none(), st.integers(-1_000, 10**10)), min_size=1, max_size=100)


def figures(start, placed=0, converted=0, sales=0, refunded=0):
    return Figures(
        start=start,
        placed=placed,
        placed_total=0,
        paid=converted,
        sales=sales,
        refunded=refunded,
        net_sales=sales - refunded,
        converted=converted,
        conversion=converted / placed if placed else None,
        cancelled=0,
        rejected=0,
    )


@given(AMOUNTS)
def test_every_mark_lies_within_the_picture(amounts):
    top = round_top([amount or 0 for amount in amounts])
    made = chart([Value("", amount, "") for amount in amounts], ["0", "1"], top)
    for mark in made.marks:
        assert mark.x >= 0
        assert mark.y >= 0
        assert mark.x + mark.width <= WIDTH + 0.1
        assert mark.y + mark.height <= HEIGHT
    assert len(made.labels) <= 8
    assert made.line.count("M") + made.line.count("L") == sum(amount is not None for amount in amounts)


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_the_upper_edge_is_round_and_above_all(amounts):
    top = round_top(amounts)
    assert top >= max(amounts)
    assert top % 4 == 0
    assert top <= max(4, 3 * max(amounts))


def test_a_bar_is_as_high_as_its_share_of_the_upper_edge():
    half, whole = chart([Value("", 50, ""), Value("", 100, "")], ["0", "100"], 100).marks
    assert whole.height == pytest.approx(2 * half.height)


def test_a_line_is_parted_where_there_is_no_figure():
    made = chart([Value("", share, "") for share in (0.1, 0.2, None, 0.3)], ["0%", "100%"], 1.0)
    assert [letter for letter in made.line if letter in "ML"] == ["M", "L", "M"]


@pytest.mark.parametrize(("language", "label", "hour"), [("ko", "11/22", "9시"), ("en", "11/22", "09:00")])
def test_days_and_hours_are_those_of_seoul(language, label, hour):
    midnight = datetime(2026, 11, 21, 15, tzinfo=UTC)
    day = figures(midnight, 4, 3, 1_234_000, 4_000)
    made = charts(Statistics(step="day", total=day, items=[day]), sayer(language), language)
    assert [value.label for value in made.sales.values] == [label]
    assert made.conversion.values[0].text == "75.0%"
    at_nine = figures(midnight + timedelta(hours=9))
    made = charts(Statistics(step="hour", total=at_nine, items=[at_nine]), sayer(language), language)
    assert made.orders.values[0].label == hour
    assert made.conversion.values[0].text == percent(None) == "–"


def test_tiles_compare_today_with_yesterday_where_both_have_a_figure():
    start = datetime(2026, 11, 22, tzinfo=UTC)
    today, yesterday = figures(start, 4, 2, 50_000, 10_000), figures(start, 0, 0, 50_000)
    made = {tile.key: (tile.text, tile.before, tile.rises) for tile in tiles(today, yesterday, "ko")}
    assert made == {
        "orders": ("4", "0", True),
        "sales": ("40,000원", "50,000원", False),
        "conversion": ("50.0%", "–", None),
        "given_back": ("10,000원", "0원", True),
    }


@pytest.mark.parametrize(
    ("language", "top"), [("ko", ["0", "2만", "4만", "6만", "8만"]), ("en", ["0", "20K", "40K", "60K", "80K"])]
)
def test_the_scale_of_a_chart_is_short_enough_for_a_phone(language, top):
    day = figures(datetime(2026, 11, 21, 15, tzinfo=UTC), placed=3, converted=3, sales=74_400)
    made = charts(Statistics(step="day", total=day, items=[day]), sayer(language), language)
    assert [tick.text for tick in made.sales.ticks] == top
