"""What grows with the size of the mall is told from what does not, and from noise."""

import json
from dataclasses import asdict

from bench.scale_report import Measured, Point, judge, report, verdicts


def measured(*cpu_ms, name="list", p50=5.0):
    return Measured(
        operation=name, requests=300, cpu_ms=list(cpu_ms), p50_ms=p50, p99_ms=9.0, cpu_ms_by_process={"product": 1.0}
    )


def test_what_costs_twice_as_much_at_the_largest_size_grows():
    verdict = judge("list", [1, 10, 100], [measured(1.0, 1.1, 1.2), measured(1.5, 1.5, 1.5), measured(2.2, 2.1, 2.3)])
    assert verdict.grows
    assert verdict.ratio == 2.0
    assert round(verdict.noise, 3) == round(0.2 / 1.1, 3)


def test_what_stays_within_a_quarter_does_not_grow():
    assert not judge("list", [1, 100], [measured(1.0, 1.0, 1.0), measured(1.2, 1.2, 1.2)]).grows


def test_rounds_that_overlap_prove_no_growth():
    assert not judge("list", [1, 100], [measured(1.0, 1.0, 2.0), measured(1.5, 1.5, 1.5)]).grows


def test_products_and_orders_are_told_apart():
    points = [
        (Point(1_000, 0), [measured(1, 1, 1)]),
        (Point(100_000, 0), [measured(3, 3, 3)]),
        (Point(1_000, 3_000), [measured(1, 1, 1)]),
        (Point(1_000, 100_000), [measured(1, 1, 1), measured(1, 1, 1, name="measured once")]),
    ]
    assert [(one.sizes, one.grows) for one in verdicts(points, "products")] == [([1_000, 100_000], True)]
    assert [(one.sizes, one.grows) for one in verdicts(points, "orders")] == [([3_000, 100_000], False)]


def test_the_report_has_a_table_figures_and_a_plot(tmp_path):
    files = []
    for products, cpu in ((1_000, 1.0), (10_000, 1.1), (100_000, 3.0)):
        files.append(tmp_path / f"{products}.json")
        document = {"point": asdict(Point(products, 0)), "measured": [asdict(measured(cpu, cpu, cpu))]}
        files[-1].write_text(json.dumps(document))
    text = report([*files, tmp_path / "not measured yet.json"], tmp_path)
    assert "100,000" in text.splitlines()[0]
    assert text.splitlines()[1].endswith("GROWS")
    assert "<svg" in next(tmp_path.glob("scale-*.svg")).read_text()
    assert len(json.loads(next(tmp_path.glob("scale-*.json")).read_text())) == 3


def test_a_single_size_says_nothing(tmp_path):
    assert "more than one size" in report([tmp_path / "nothing.json"], tmp_path)
