"""The report: one file that needs nothing else, says everything, and lets nothing in a result become markup."""

import re

import pytest

from bench.figures import Load
from bench.report.page import page, shares, write
from bench.table import line, milliseconds, summary


def test_the_page_opens_without_the_network(result_of):
    text = page(result_of())
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|url\((?!#)", text)
    assert re.findall(r'href="([^"#][^"]*)"', text) == []


def test_the_page_names_every_operation_load_and_difference(result_of):
    result = result_of()
    text = page(result)
    for words in ("list of 24", "1 buyer", "4 buyers", "open, 50% of best", "0123456789", "bcrypt cost", "12"):
        assert words in text
    assert "The gateway&#39;s rate limits are off." in text
    assert text.count("<svg") == 3


def test_every_colour_is_the_pages_own_so_that_light_and_dark_fit(result_of):
    text = page(result_of())
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-fA-F]{6}", drawn)) <= {"#000000"}
    used = set(re.findall(r"var\(--([a-z0-9]+)\)", text))
    assert used <= set(re.findall(r"--([a-z0-9]+):", text))


def test_nothing_in_a_result_becomes_markup(result_of, figure_of):
    figure = figure_of(faults=["500 <script>alert(1)</script>"], errors=1)
    text = page(result_of([figure], anatomy="<b>"))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;" in text


def test_a_run_with_failures_and_without_open_loops_can_be_drawn(result_of, figure_of):
    nothing = figure_of(requests=0, errors=5, per_second=0.0, p50_ms=0.0, p95_ms=0.0, p99_ms=0.0, cpu={})
    assert "<svg" in page(result_of([nothing]))
    assert "<svg" in page(result_of([figure_of(load=Load(buyers=4))]))


def test_the_report_lies_beside_its_result(result_of, tmp_path):
    path = write(result_of(), tmp_path / "20260301-120000.json")
    assert path == tmp_path / "20260301-120000.html"
    assert path.read_text().startswith("<!doctype html>")


def test_a_bar_is_the_whole_operation_without_the_pretend_companies():
    parts = shares({"order": 60.0, "postgres": 39.5, "sandbox-pay": 50.0, "cart": 0.5, "user": -0.1})
    assert [part.unit for part in parts] == ["order", "postgres", "other"]
    assert sum(part.share for part in parts) == pytest.approx(1)


def test_the_terminal_shows_what_spoils_a_figure(figure_of):
    text = line(figure_of(errors=2, faults=["503 service.unavailable"], remarks=["others used 1.20 cores"]))
    assert "503 service.unavailable" in text
    assert "others used 1.20 cores" in text


def test_the_summary_names_the_dearest_process_first_and_the_bcrypt_cost(result_of):
    text = summary(result_of())
    assert "product 0.20 · gateway 0.10" in text
    assert "bcrypt cost 12" in text
    assert "rate limits are off" in text


@pytest.mark.parametrize(
    ("value", "text"), [(0.276, "0.28"), (-0.001, "0.00"), (12.34, "12.3"), (432.1, "432"), (1286.4, "1,286")]
)
def test_numbers_have_the_digits_that_mean_something(value, text):
    assert milliseconds(value) == text
