"""Charts as the template draws them: where each bar, point and line of a row of figures lies in the picture."""

from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 8, 14, 28
_GAP = 0.3  # of a step, between two bars
_MOST_LABELS = 7


class Value(NamedTuple):
    """A figure: what stands below it, how much it is, and how that is written; None is no figure."""

    label: str
    amount: float | None
    text: str


class Mark(NamedTuple):
    """A bar from its upper left corner, or a point at the middle of its upper edge."""

    x: float
    y: float
    width: float
    height: float
    value: Value

    @property
    def middle(self) -> float:
        """Return where the point lies."""
        return round(self.x + self.width / 2, 2)


class Tick(NamedTuple):
    """A line across with what it stands for."""

    y: float
    text: str


class Label(NamedTuple):
    """A word below the chart."""

    x: float
    text: str


class Chart(NamedTuple):
    """A picture of `WIDTH` by `HEIGHT`; `line` joins the points, parted where a figure is missing."""

    marks: list[Mark]
    ticks: list[Tick]
    labels: list[Label]
    line: str
    values: Sequence[Value]


def chart(values: Sequence[Value], scale: Sequence[str], top: float) -> Chart:
    """Lay `values` out below `top`, the figure at the upper edge; `scale` names its equal parts from the bottom up."""
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    step = inner_width / max(len(values), 1)
    marks = []
    for place, value in enumerate(values):
        height = inner_height * max(value.amount or 0.0, 0.0) / top
        x = _LEFT + step * (place + _GAP / 2)
        y = _TOP + inner_height - height
        marks.append(Mark(round(x, 2), round(y, 2), round(step * (1 - _GAP), 2), round(height, 2), value))
    parts = len(scale) - 1
    ticks = [Tick(round(_TOP + inner_height * (1 - place / parts), 2), text) for place, text in enumerate(scale)]
    every = -(-len(values) // _MOST_LABELS) or 1
    labels = [Label(mark.middle, mark.value.label) for place, mark in enumerate(marks) if place % every == 0]
    return Chart(marks, ticks, labels, _line(marks), values)


def round_top(values: Sequence[float]) -> int:
    """Return a round number, divisible by four, at or above all of `values`: the upper edge of their chart."""
    most = max([*values, 4])
    unit = 10 ** floor(log10(most))
    return (
        int(next(factor * unit for factor in (1.0, 2.0, 4.0, 6.0, 8.0, 10.0) if factor * unit >= most) / 4 + 0.999) * 4
    )


def _line(marks: Sequence[Mark]) -> str:
    found, is_drawing = [], False
    for mark in marks:
        if mark.value.amount is None:
            is_drawing = False
            continue
        found.append(f"{'L' if is_drawing else 'M'}{mark.middle} {mark.y}")
        is_drawing = True
    return "".join(found)
