"""Tells from the figures of several sizes what grows, in a table, a plot, and one file of figures."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TOLERATED = 1.25  # of a size a hundred times as large: a logarithm is no growth that anybody feels
AXES = ("products", "orders")


@dataclass(frozen=True)
class Point:
    """A size: so many products, and so many orders made before (0: only what the measuring itself orders)."""

    products: int
    orders: int

    def __str__(self) -> str:
        return f"{self.products:,} products" + (f", {self.orders:,} orders" if self.orders else "")


@dataclass(frozen=True)
class Measured:
    """One operation at one size; `cpu_ms` per operation of all processes of the mall, a figure for each round."""

    operation: str
    requests: int
    cpu_ms: list[float]
    p50_ms: float
    p99_ms: float
    cpu_ms_by_process: dict[str, float]


@dataclass(frozen=True)
class Verdict:
    """What became of one operation from the smallest size to the largest."""

    operation: str
    sizes: list[int]
    cpu_ms: list[float]
    p50_ms: list[float]
    ratio: float
    noise: float
    grows: bool


def judge(operation: str, sizes: Sequence[int], measured: Sequence[Measured]) -> Verdict:
    """Compare the first size with the last. The noise is the widest spread of the rounds of one size, to its median.

    An operation grows where its CPU does by more than TOLERATED, and the rounds of the two sizes do not overlap.
    """
    medians = [statistics.median(one.cpu_ms) for one in measured]
    noise = max((max(one.cpu_ms) - min(one.cpu_ms)) / statistics.median(one.cpu_ms) for one in measured)
    ratio = medians[-1] / medians[0]
    grows = ratio > TOLERATED and min(measured[-1].cpu_ms) > max(measured[0].cpu_ms)
    return Verdict(operation, list(sizes), medians, [one.p50_ms for one in measured], ratio, noise, grows)


def verdicts(points: Sequence[tuple[Point, Sequence[Measured]]], axis: str) -> list[Verdict]:
    """Return a verdict for each operation that was measured at more than one size along `axis`."""
    along = sorted(
        ((getattr(point, axis), found) for point, found in points if bool(point.orders) == (axis == "orders")),
        key=lambda one: one[0],
    )
    names = list(dict.fromkeys(one.operation for _, found in along for one in found))
    result = []
    for name in names:
        rows = [(size, one) for size, found in along for one in found if one.operation == name]
        if len(rows) > 1:
            result.append(judge(name, [size for size, _ in rows], [one for _, one in rows]))
    return result


def report(files: Sequence[Path], folder: Path) -> str:
    """Return the tables of what `files` hold; write figures (JSON) and curves (SVG) to `folder`."""
    documents = [json.loads(path.read_text()) for path in files if path.exists()]
    points = [(Point(**document["point"]), [Measured(**one) for one in document["measured"]]) for document in documents]
    found = {axis: verdicts(points, axis) for axis in AXES}
    if not any(found.values()):
        return "nothing was measured at more than one size"
    name = f"scale-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    (folder / f"{name}.json").write_text(json.dumps(documents, indent=2))
    draw(found, folder / f"{name}.svg")
    tables = [table(axis, found[axis]) for axis in AXES if found[axis]]
    return "\n".join([*tables, f"figures and curves: {name}.json, {name}.svg in {folder}"])


def table(axis: str, found: Sequence[Verdict]) -> str:
    """Return the verdicts as text: CPU ms and, in brackets, median ms at each size."""
    sizes = max((verdict.sizes for verdict in found), key=len)
    head = f"{'CPU ms (p50 ms), by ' + axis:<40}" + "".join(f"{size:>18,}" for size in sizes) + "   ratio  noise"
    lines = [head]
    for one in found:
        cells = {
            size: f"{cpu:.2f} ({p50:.1f})" for size, cpu, p50 in zip(one.sizes, one.cpu_ms, one.p50_ms, strict=True)
        }
        row = "".join(f"{cells.get(size, '-'):>18}" for size in sizes)
        verdict = "GROWS" if one.grows else "does not grow"
        lines.append(f"{one.operation:<40}{row}{one.ratio:>8.2f}{100 * one.noise:>6.0f}%  {verdict}")
    return "\n".join(lines) + "\n"


def draw(found: dict[str, list[Verdict]], path: Path) -> None:
    """Plot CPU per operation over size, both logarithmic: what does not grow is level."""
    import matplotlib as plots  # it takes a second to load

    plots.use("svg")
    from matplotlib import pyplot

    axes = [axis for axis in AXES if found[axis]]
    figure, areas = pyplot.subplots(1, len(axes), figsize=(7 * len(axes), 6), squeeze=False)
    for axis, area in zip(axes, areas[0], strict=True):
        for one in found[axis]:
            style: dict[str, Any] = {"linestyle": "-" if one.grows else "--", "marker": "o"}
            area.plot(one.sizes, one.cpu_ms, label=f"{one.operation} ×{one.ratio:.2f}", **style)
        area.set(xscale="log", yscale="log", xlabel=axis, ylabel="CPU ms per operation, whole mall")
        area.legend(fontsize="small", loc="upper left", bbox_to_anchor=(0, -0.12))
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)
