"""The curves of the report as SVG inside the page: drawn by matplotlib, coloured by the page, in light and in dark.

Whatever is drawn has a stand-in colour that becomes a CSS variable of the page; texts stay texts in the page's font.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.figures import Figure

# Stand-in -> variable of the page.
_COLOURS = {
    "ink": "#010101",
    "faint": "#020202",
    "grid": "#030303",
    "p50": "#040404",
    "p95": "#050505",
    "p99": "#060606",
    "rate": "#070707",
    "paper": "#080808",
    "before": "#090909",
}
_PERCENTILES = (("p50", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms"))
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": _COLOURS["grid"],
    "axes.labelcolor": _COLOURS["faint"],
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _COLOURS["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": _COLOURS["faint"],
    "ytick.color": _COLOURS["faint"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": _COLOURS["ink"],
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
}


def latency(figures: Sequence[Figure]) -> str:
    """Return response times over the rate that was served: dots are closed loops, diamonds open ones."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": f"latency {figures[0].operation}"}):
        canvas, axes = _panel()
        closed = [figure for figure in figures if not figure.load.is_open and figure.requests]
        arriving = [figure for figure in figures if figure.load.is_open and figure.requests]
        for name, field in _PERCENTILES:
            colour = _COLOURS[name]
            axes.plot(*_points(closed, field), "-o", color=colour, markersize=4.5, markeredgecolor=_COLOURS["paper"])
            axes.plot(
                *_points(arriving, field), "D", color=_COLOURS["paper"], markeredgecolor=colour, markersize=5, mew=1.5
            )
        axes.set_yscale("log")
        _logarithmic(axes, [getattr(figure, field) for figure in (*closed, *arriving) for _, field in _PERCENTILES])
        axes.set_xlim(left=0, right=1.12 * max([figure.per_second for figure in (*closed, *arriving)], default=1.0))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.set_xlabel("answered a second")
        for figure in closed:
            _label(axes, figure.per_second, figure.p50_ms, str(figure.load.buyers), below=True)
        return _svg(canvas, f"Response times of {figures[0].operation} over the rate that was served")


def throughput(figures: Sequence[Figure]) -> str:
    """Return what is answered in a second over the number of buyers of the closed loops."""
    closed = [figure for figure in figures if not figure.load.is_open]
    with mpl.rc_context(_STYLE | {"svg.hashsalt": f"throughput {figures[0].operation}"}):
        canvas, axes = _panel()
        buyers = [figure.load.buyers for figure in closed]
        axes.plot(buyers, [figure.per_second for figure in closed], "-o", color=_COLOURS["rate"], markersize=5)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator(buyers))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.set_ylim(bottom=0, top=1.18 * max(figure.per_second for figure in closed) or 1)
        axes.margins(x=0.12)
        axes.set_xlabel("buyers at the same time")
        for figure in closed:
            _label(axes, figure.load.buyers, figure.per_second, _short(figure.per_second))
        return _svg(canvas, f"Throughput of {figures[0].operation} over the number of buyers")


def memory(fresh: Mapping[str, float], used: Mapping[str, float]) -> str:
    """Return the memory of each process, fresh and after the load."""
    names = sorted(used, key=lambda name: used[name])
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "memory", "axes.grid.axis": "x"}):
        canvas = Canvas(figsize=(9.6, 0.36 * len(names) + 0.7))
        axes = canvas.subplots()
        rows = range(len(names))
        axes.barh([row + 0.19 for row in rows], [fresh.get(name, 0.0) for name in names], 0.3, color=_COLOURS["before"])
        axes.barh([row - 0.15 for row in rows], [used[name] for name in names], 0.38, color=_COLOURS["rate"])
        axes.set_yticks(list(rows), names, color=_COLOURS["ink"])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel("MiB")
        for row, name in enumerate(names):
            axes.annotate(
                f"{used[name]:,.0f}", (used[name], row - 0.15), (5, 0), textcoords="offset points", va="center"
            )
        canvas.subplots_adjust(left=0.13, right=0.96, top=0.99, bottom=0.5 / (0.36 * len(names) + 0.7))
        return _svg(canvas, "Memory of each process, fresh and after the load")


def _panel() -> tuple[Canvas, Axes]:
    canvas = Canvas(figsize=(4.7, 2.75))
    axes = canvas.subplots()
    canvas.subplots_adjust(left=0.13, right=0.97, top=0.95, bottom=0.19)
    return canvas, axes


def _points(figures: Sequence[Figure], field: str) -> tuple[list[float], list[float]]:
    return [figure.per_second for figure in figures], [getattr(figure, field) for figure in figures]


def _logarithmic(axes: Axes, values: Sequence[float]) -> None:
    """Mark the decades in plain numbers, with 2 and 5 between few of them, and leave some air around the curves."""
    least, most = min(values, default=1.0), max(values, default=10.0)
    digits = (1, 2, 5) if most < 100 * least else (1, 3) if most < 1000 * least else (1,)
    marks = [digit * 10.0**power for power in range(-2, 6) for digit in digits]
    axes.yaxis.set_major_locator(FixedLocator(marks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_ylim(0.45 * (least or 1.0), 1.5 * (most or 10.0))


def _label(axes: Axes, x: float, y: float, text: str, *, below: bool = False) -> None:
    place = (0, -14 if below else 8)
    axes.annotate(text, (x, y), place, textcoords="offset points", ha="center", color=_COLOURS["faint"], fontsize=9)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _svg(canvas: Canvas, title: str) -> str:
    """Return the drawing as an element of the page: no declarations, no addresses, no size and no colour of its own."""
    out = io.StringIO()
    canvas.savefig(
        out, format="svg", transparent=True, metadata={"Creator": None, "Date": None, "Format": None, "Type": None}
    )
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\s(?:xmlns|xmlns:xlink|version)="[^"]*"', "", text)
    text = re.sub(r'(<svg[^>]*?)\swidth="[^"]*"', r"\1", text)
    text = re.sub(r'(<svg[^>]*?)\sheight="[^"]*"', r"\1", text)
    text = re.sub(r"font: ([0-9.]+px)[^;\"]*", r"font: \1 var(--sans)", text)
    text = text.replace("xlink:href", "href")
    for name, colour in _COLOURS.items():
        text = text.replace(colour, f"var(--{name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
