"""Puts a result into one HTML file that opens without the network, in light and in dark."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.figures import OUTSIDE, Figure, Result
from bench.report import plots
from bench.table import milliseconds, parts

_FOLDER = Path(__file__).parent
_NAMED_SHARE = 0.01  # of an operation; what has less goes into one part
_BAR_PIXELS, _LETTER_PIXELS, _PADDING_PIXELS = 640, 6.6, 16  # of a bar on a desktop, and of the text in it
_OTHER = "other"


@dataclass(frozen=True)
class Part:
    """One process's share of an operation."""

    unit: str
    ms: float
    share: float

    @property
    def wide(self) -> bool:
        """Say whether a name fits in."""
        letters = len(f"{self.unit} {milliseconds(self.ms)}")
        return self.share * _BAR_PIXELS >= letters * _LETTER_PIXELS + _PADDING_PIXELS


@dataclass(frozen=True)
class Row:
    """One operation as the page shows it."""

    operation: str
    total: float
    best: float
    words: str
    parts: list[Part]
    figures: list[Figure]
    latency: Markup
    throughput: Markup

    @property
    def spoilt(self) -> bool:
        """Say whether the reader must see the remarks."""
        return any(figure.errors or figure.remarks for figure in self.figures)


def write(result: Result, stored: Path) -> Path:
    """Write the report of a result beside the file it is stored in, and return it."""
    path = stored.with_suffix(".html")
    path.write_text(page(result))
    return path


def page(result: Result) -> str:
    """Return the report as one HTML document."""
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
    rows = [_row(result, operation) for operation in result.operations]
    return environment.get_template("page.html.j2").render(
        result=result,
        day=f"{result.at:%Y-%m-%d %H:%M} UTC",
        css=Markup((_FOLDER / "page.css").read_text()),
        rows=rows,
        units=sorted({part.unit for row in rows for part in row.parts}, key=lambda unit: (unit == _OTHER, unit)),
        outside=_outside(result),
        memory=Markup(plots.memory(result.memory_fresh, result.memory_used)),
        fresh=sum(result.memory_fresh.values()),
        used=sum(result.memory_used.values()),
        rest=sum(result.rest.values()),
        ms=milliseconds,
    )


def shares(cpu: dict[str, float]) -> list[Part]:
    """Return what a bar is made of: the mall's processes, the dearest first, and one part for the small ones."""
    mall = {unit: ms for unit, ms in cpu.items() if unit not in OUTSIDE and ms > 0}
    total = sum(mall.values())
    named = [Part(unit, ms, ms / total) for unit, ms in mall.items() if ms >= _NAMED_SHARE * total]
    left = total - sum(part.ms for part in named)
    return [*named, Part(_OTHER, left, left / total)] if left > 0.001 * total else named


def _row(result: Result, operation: str) -> Row:
    figures, cpu = result.of(operation), result.cpu(operation)
    return Row(
        operation=operation,
        total=result.cpu_ms(operation),
        best=max(figure.per_second for figure in figures if not figure.load.is_open),
        words=parts(cpu),
        parts=shares(cpu),
        figures=figures,
        latency=Markup(plots.latency(figures)),
        throughput=Markup(plots.throughput(figures)),
    )


def _outside(result: Result) -> list[dict[str, object]]:
    found = [(operation, result.cpu(operation)) for operation in result.operations]
    sums = [(operation, sum(ms for unit, ms in cpu.items() if unit in OUTSIDE)) for operation, cpu in found]
    return [
        {"operation": operation, "ms": ms}
        for operation, ms in sums
        if ms > _NAMED_SHARE * result.cpu_ms(operation) and ms > 0
    ]
