"""Comparing results: nothing changed is 0, what is beyond the noise is marked, what cannot be compared is refused."""

import pytest

from bench import compare, figures
from bench.compare import NOISE_PERCENT, Incomparable, beyond_noise, change, chosen, comparison, slowness
from bench.figures import Load, store


def test_a_result_against_itself_shows_no_change_and_no_mark(result_of):
    text = comparison(result_of(), result_of())
    assert "0 %" in text
    assert not any(sign in text for sign in ("▲", "▼", "+", "new", "differ"))


def test_a_change_beyond_the_noise_is_marked_with_the_process_that_made_it(result_of, figure_of):
    before = result_of([figure_of(cpu={"product": 1.0, "gateway": 1.0})])
    after = result_of([figure_of(cpu={"product": 1.5, "gateway": 1.0})])
    worse = next(line for line in comparison(before, after).splitlines() if "▲" in line)
    assert "+25.0 %" in worse
    assert "product +0.50" in worse
    better = next(line for line in comparison(after, before).splitlines() if "▼" in line)
    assert "-20.0 %" in better


def test_a_change_within_the_noise_is_shown_without_a_mark(result_of, figure_of):
    text = comparison(result_of([figure_of(cpu={"a": 1.0})]), result_of([figure_of(cpu={"a": 1.09})]))
    assert "+9.0 %" in text
    assert "▲" not in text


@pytest.mark.parametrize(
    ("before", "after", "percent", "beyond"),
    [(0, 0, 0, False), (0, 1, float("inf"), True), (10, 11, 10, False), (10, 11.1, 11, True), (10, 8.9, -11, True)],
)
def test_the_change_is_in_percent_of_what_was(before, after, percent, beyond):
    assert change(before, after) == pytest.approx(percent)
    assert beyond_noise(before, after) is beyond
    assert NOISE_PERCENT == 10


def test_a_slower_machine_is_not_taken_for_dearer_code(result_of, figure_of):
    before = result_of([figure_of(cpu={"a": 1.0}, generator_ms=0.20)])
    slow = result_of([figure_of(cpu={"a": 1.7}, generator_ms=0.33)])
    assert slowness(before, slow, "list of 24") == pytest.approx(1.65)
    assert "+70.0 %" in comparison(before, slow)
    assert "▲" not in comparison(before, slow)


def test_dearer_code_is_marked_on_a_slower_machine_too(result_of, figure_of):
    before = result_of([figure_of(cpu={"a": 1.0}, generator_ms=0.20)])
    assert "▲" in comparison(before, result_of([figure_of(cpu={"a": 2.5}, generator_ms=0.33)]))


def test_a_faster_machine_alone_makes_no_verdict(result_of, figure_of):
    before = result_of([figure_of(cpu={"a": 1.0}, generator_ms=0.20)])
    assert "▲" not in comparison(before, result_of([figure_of(cpu={"a": 1.0}, generator_ms=0.10)]))
    assert slowness(before, result_of([figure_of(generator_ms=0.0)]), "list of 24") == 1.0


def test_other_machines_settings_and_operations_are_named(result_of, figure_of):
    before = result_of([figure_of(), figure_of("log in")], machine={"CPU": "one"})
    after = result_of([figure_of(), figure_of("add to cart")], machine={"CPU": "two"}, settings={})
    text = comparison(before, after)
    assert "machine differ, CPU: one / two" in text
    assert "bcrypt cost: 12 / none" in text
    assert "only in A: log in" in text
    assert "only in B: add to cart" in text


def test_errors_are_shown_beside_the_times(result_of, figure_of):
    text = comparison(result_of([figure_of()]), result_of([figure_of(errors=3)]))
    assert "errors 0 / 3" in text


def test_only_loads_that_are_in_both_are_compared(result_of, figure_of):
    before = result_of([figure_of(load=Load(buyers=1)), figure_of(load=Load(buyers=4))])
    text = comparison(before, result_of([figure_of(load=Load(buyers=4))]))
    assert "4 buyers" in text
    assert "1 buyer " not in text


def test_results_without_a_common_operation_are_refused(result_of, figure_of):
    with pytest.raises(Incomparable, match="no operation in common"):
        comparison(result_of([figure_of("log in")]), result_of([figure_of("add to cart")]))


@pytest.fixture
def results(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    for module in (compare, figures):
        monkeypatch.setattr(module, "RESULTS", folder)
    return folder


def test_the_last_two_results_are_compared_when_none_are_named(results, result_of):
    day = result_of().at
    paths = [store(result_of(at=day.replace(hour=hour))) for hour in (3, 1, 2)]
    assert chosen([]) == (paths[2], paths[0])


def test_a_result_may_be_named_without_its_folder(results, result_of):
    path = store(result_of())
    assert chosen([path.stem, path.name]) == (path, path)


@pytest.mark.parametrize("files", [[], ["a"], ["a", "b", "c"], ["a", "b"]])
def test_without_two_results_the_program_ends_with_words(files, results, capsys):
    with pytest.raises(SystemExit) as end:
        compare.main(files)
    assert end.value.code == 2
    assert any(word in capsys.readouterr().err for word in ("results", "No such file"))
