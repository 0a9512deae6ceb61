"""Results: what the main figure is, that nothing is lost when stored, and that what is none is refused in words."""

import pytest

from bench import figures
from bench.figures import Load, Unreadable, load, newest, store


def test_the_price_of_an_operation_is_the_median_of_its_closed_loops(result_of, figure_of):
    loops = [
        figure_of(load=Load(buyers=buyers), cpu={"product": ms}) for buyers, ms in ((1, 1.0), (4, 3.0), (16, 90.0))
    ]
    arriving = figure_of(load=Load(rate=9.0, share=0.5), cpu={"product": 1000.0})
    result = result_of([*loops, arriving])
    assert result.cpu_ms("list of 24") == 3.0
    assert result.cpu("list of 24") == {"product": 3.0}


def test_a_load_without_an_answer_has_no_price(result_of, figure_of):
    failed = figure_of(load=Load(buyers=1), requests=0, errors=9, cpu={"product": 5000.0})
    assert result_of([failed, figure_of(cpu={"product": 2.0})]).cpu_ms("list of 24") == 2.0
    assert result_of([failed]).cpu_ms("list of 24") == 0.0


def test_the_pretend_companies_are_told_apart(result_of, figure_of):
    result = result_of([figure_of(cpu={"order": 4.0, "sandbox-pay": 2.0})])
    assert result.cpu_ms("list of 24") == 4.0
    assert result.cpu("list of 24") == {"order": 4.0, "sandbox-pay": 2.0}


def test_a_stored_result_is_read_back_as_it_was(result_of, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "RESULTS", tmp_path / "results")
    result = result_of()
    path = store(result)
    assert load(path) == result
    assert newest(2) == [path]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("not json", "not a result"),
        ("[]", "not a result"),
        ('{"figures": []}', "not a result"),
        ('{"format": 1}', "has format 1"),
        ('{"format": 2, "at": 7}', "damaged"),
    ],
)
def test_what_is_no_result_is_refused_in_words(content, reason, tmp_path):
    path = tmp_path / "some.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Unreadable, match=reason) as refusal:
        load(path)
    assert "some.json" in str(refusal.value)


@pytest.mark.parametrize(
    ("load", "words"),
    [(Load(buyers=1), "1 buyer"), (Load(buyers=16), "16 buyers"), (Load(rate=7.5, share=0.8), "open, 80% of best")],
)
def test_a_load_has_the_same_name_in_every_run(load, words):
    assert load.label == words
