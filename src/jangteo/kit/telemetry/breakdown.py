"""Says what a trace waited for: every microsecond up to a milestone belongs to one service and one kind of work.

The way to the milestone is the chain of messages and calls that led to it. Everything else ran beside it, or after.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from jangteo.kit.telemetry.span_file import SpanLine
from jangteo.kit.telemetry.spans import Trace, is_message, is_sql


class Kind(StrEnum):
    """What a piece of time was spent on."""

    OWN = "own"  # the service's code, whatever it awaits that has no span of its own
    SQL = "SQL"
    HTTP = "HTTP"  # between two processes: the client's side, without what the other one did
    BROKER = "broker"  # from the commit that sent a message to the beginning of its handling


Sums = dict[tuple[str, Kind], int]


def way(trace: Trace, milestone: SpanLine) -> list[SpanLine]:
    """Return the spans that led to `milestone` and itself, the first one first."""
    return [*reversed(list(trace.above(milestone))), milestone]


def on_the_way(trace: Trace, milestone: SpanLine) -> Sums:
    """Return microseconds by service and kind; they add up to the time from the trace's root to the milestone's end."""
    steps, sums = way(trace, milestone), Sums()
    for place, step in enumerate(steps):
        begin, end = trace.start(step), trace.end(step)
        if place + 1 < len(steps):
            after = steps[place + 1]
            handed_over = trace.handed_over(after) if is_message(after) else trace.start(after)
            end = max(begin, handed_over)
            _add(sums, after.service, Kind.BROKER if is_message(after) else Kind.HTTP, trace.start(after) - end)
        _share(trace, step, begin, end, sums)
    return sums


def all_work(trace: Trace, spans: Iterable[SpanLine]) -> Sums:
    """Return microseconds by service and kind of what `spans`, which may overlap, spent; waiting in the broker apart.

    Each of them counts with what is below it, up to the next message.
    """
    sums = Sums()
    for span in spans:
        _share(trace, span, trace.start(span), trace.end(span), sums)
        if is_message(span):
            _add(sums, span.service, Kind.BROKER, trace.start(span) - trace.handed_over(span))
    return sums


def table(columns: Mapping[str, Sums]) -> str:
    """Return the sums in milliseconds: a row for each service, for each of `columns` its kinds."""
    services = {service for sums in columns.values() for service, _ in sums}
    first = next(iter(columns.values()))
    ordered = sorted(services, key=lambda service: -sum(first.get((service, kind), 0) for kind in Kind))
    width = max(map(len, [*services, "all"]))
    heads = [f"{title:<{8 * (len(Kind) + 1)}}" for title in columns]
    kinds = "".join(f"{name:>8}" for name in (*Kind, "all"))
    lines = [
        " " * width + "   ".join(f"  {head}" for head in heads).rstrip(),
        " " * width + "     ".join([kinds] * len(columns)),
    ]
    for service in [*ordered, "all"]:
        cells = []
        for sums in columns.values():
            values = [
                sum(sums.get((one, kind), 0) for one in (services if service == "all" else [service])) for kind in Kind
            ]
            cells.append("".join(f"{value / 1000:>8.1f}" if value else f"{'-':>8}" for value in (*values, sum(values))))
        lines.append(f"{service:<{width}}" + "     ".join(cells))
    return "\n".join(lines) + "\n"


def _share(trace: Trace, span: SpanLine, begin: int, end: int, sums: Sums) -> None:
    """Give the time from `begin` to `end` to `span`, but to its children where they have it. Messages are no part."""
    kind = Kind.SQL if is_sql(span) else Kind.HTTP if span.kind == "client" else Kind.OWN
    at = begin
    for child in trace.below(span):
        start, stop = max(at, trace.start(child)), min(end, trace.end(child))
        if is_message(child) or stop <= start:
            continue
        _add(sums, span.service, kind, start - at)
        _share(trace, child, start, stop, sums)
        at = stop
    _add(sums, span.service, kind, end - at)


def _add(sums: Sums, service: str, kind: Kind, microseconds: int) -> None:
    if microseconds > 0:
        sums[service, kind] = sums.get((service, kind), 0) + microseconds
