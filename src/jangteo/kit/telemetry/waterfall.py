"""Draws one trace out of the span files of all services, as a waterfall in plain text.

SQL statements are counted in the row of what made them, unless asked for one by one: they are half of all spans.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from jangteo.kit.telemetry.breakdown import way
from jangteo.kit.telemetry.span_file import SpanLine
from jangteo.kit.telemetry.spans import Trace, collect, is_message, is_sql

BAR_WIDTH = 40
_ON_THE_WAY, _BESIDE = "> ", "  "


def render(files: Iterable[Path], trace_id: str, *, milestone: str = "", statements: bool = False) -> str:
    """Return the waterfall of a trace: service, name, start and duration in milliseconds, SQL, bar.

    In a bar `.` is the wait for the broker, `#` the work. With a `milestone`, part of a span's name, what began after
    the end of the first such span stands below a line, and `>` marks the way that led to it. A trace that is not
    there gives one line saying so.
    """
    trace_id = trace_id.strip().lower()
    spans = collect(files, trace_id)
    if not spans:
        return f"no spans of trace {trace_id} (not sampled, not exported yet, or rotated away)\n"
    trace = Trace(spans)
    whole = max(map(trace.end, trace.spans))
    reached = trace.first(milestone) if milestone else None
    lines = [f"trace {trace_id}: {len(spans)} spans, {whole / 1000:.1f} ms"]
    shown = [(depth, span) for depth, span in _in_order(trace) if statements or not is_sql(span)]
    if reached is None:
        lines += _rows(trace, shown, None, 0, whole)
    else:
        at, marked = trace.end(reached), {span.span for span in way(trace, reached)}
        before = [row for row in shown if trace.start(row[1]) < at]
        after = [row for row in shown if trace.start(row[1]) >= at]
        lines.append(f"--- {at / 1000:.1f} ms up to {reached.name}; {_ON_THE_WAY.strip()} marks the way to it")
        lines += _rows(trace, before, marked, 0, at)
        if after:
            lines.append(f"--- {(whole - at) / 1000:.1f} ms after it")
            lines += _rows(trace, after, marked, at, whole)
    return "\n".join(lines) + "\n"


def _rows(
    trace: Trace, rows: Sequence[tuple[int, SpanLine]], marked: set[str] | None, begin: int, end: int
) -> list[str]:
    """Return a line for each of `rows`, drawn on a scale from `begin` to `end`."""
    shallow = min((depth for depth, _ in rows), default=0)
    services = ["  " * (depth - shallow) + span.service for depth, span in rows]
    names = [_name(span) for _, span in rows]
    made = [_sql(trace, span) for _, span in rows]
    first, second, third = (max(map(len, column), default=0) for column in (services, names, made))
    return [
        f"{_mark(span, marked)}{service:<{first}}  {name:<{second}}  "
        f"{trace.start(span) / 1000:>8.1f} {span.duration / 1000:>8.1f}  {sql:<{third}}  "
        f"|{_bar(trace, span, begin, end)}|"
        for (_, span), service, name, sql in zip(rows, services, names, made, strict=True)
    ]


def _mark(span: SpanLine, marked: set[str] | None) -> str:
    if marked is None:
        return ""
    return _ON_THE_WAY if span.span in marked else _BESIDE


def _name(span: SpanLine) -> str:
    # The consumer's name begins with the service, which stands to the left of it already.
    return span.name.removeprefix(f"{span.service} ") + (f" !{span.error}" if span.error else "")


def _sql(trace: Trace, span: SpanLine) -> str:
    made = [child.duration for child in trace.below(span) if is_sql(child)]
    return f"SQL {len(made)}: {sum(made) / 1000:.1f}" if made else ""


def _in_order(trace: Trace) -> list[tuple[int, SpanLine]]:
    """Return (depth, span), each under its parent, by start."""
    ordered: list[tuple[int, SpanLine]] = []
    stack = [(0, span) for span in reversed(trace.tops)]
    while stack:
        depth, span = stack.pop()
        ordered.append((depth, span))
        stack += [(depth + 1, child) for child in reversed(trace.below(span))]
    return ordered


def _bar(trace: Trace, span: SpanLine, begin: int, end: int) -> str:
    scale = max(1, end - begin)

    def column(at: int) -> int:
        return min(BAR_WIDTH, max(0, round((at - begin) * BAR_WIDTH / scale)))

    left = min(BAR_WIDTH - 1, column(trace.start(span)))
    waited = column(trace.handed_over(span)) if is_message(span) else left
    right = max(left + 1, column(trace.end(span)))
    return (" " * min(waited, left) + "." * (left - waited) + "#" * (right - left)).ljust(BAR_WIDTH)
