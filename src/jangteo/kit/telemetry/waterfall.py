"""Draws one trace out of the span files of all services, as a waterfall in plain text."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from jangteo.kit.telemetry.span_file import SpanLine

BAR_WIDTH = 40


def render(files: Iterable[Path], trace_id: str) -> str:
    """Return the waterfall of a trace: service, name, offset and duration in milliseconds, bar.

    Rotated files (`.1`) beside the given ones are read too. A trace that is not there gives one line saying so.
    """
    spans = _collect(files, trace_id.strip().lower())
    if not spans:
        return f"no spans of trace {trace_id} (not sampled, not exported yet, or rotated away)\n"
    begin = min(span.start for span in spans)
    total = max((span.start - begin) // 1000 + span.duration for span in spans) or 1
    rows = [
        ("  " * depth + span.service, span.name + (f" !{span.error}" if span.error else ""), span)
        for depth, span in _in_order(spans)
    ]
    first = max(len(service) for service, _, _ in rows)
    second = max(len(name) for _, name, _ in rows)
    lines = [f"trace {trace_id}: {len(spans)} spans, {total / 1000:.1f} ms"]
    for service, name, span in rows:
        offset = (span.start - begin) // 1000
        lines.append(
            f"{service:<{first}}  {name:<{second}}  {offset / 1000:>9.1f} {span.duration / 1000:>9.1f}  "
            f"|{_bar(offset, span.duration, total)}|"
        )
    return "\n".join(lines) + "\n"


def _collect(files: Iterable[Path], trace_id: str) -> list[SpanLine]:
    needle = trace_id.encode()
    decoder = msgspec.json.Decoder(SpanLine)
    found: dict[str, SpanLine] = {}
    for path in {each for file in files for each in (file, file.with_name(file.name + ".1"))}:
        if not path.is_file():
            continue
        with path.open("rb") as lines:
            for line in lines:
                if needle not in line:
                    continue
                try:
                    span = decoder.decode(line)
                except msgspec.DecodeError:
                    continue  # the last line of a process that was killed
                if span.trace == trace_id:
                    found[span.span] = span
    return list(found.values())


def _in_order(spans: list[SpanLine]) -> list[tuple[int, SpanLine]]:
    """Return (depth, span), each under its parent, by start; a span whose parent is unknown stands at the top."""
    known = {span.span for span in spans}
    children: dict[str, list[SpanLine]] = {}
    for span in sorted(spans, key=lambda each: each.start, reverse=True):
        children.setdefault(span.parent if span.parent in known else "", []).append(span)
    ordered: list[tuple[int, SpanLine]] = []
    stack = [(0, span) for span in children.get("", [])]
    while stack:
        depth, span = stack.pop()
        ordered.append((depth, span))
        stack += [(depth + 1, child) for child in children.get(span.span, [])]
    return ordered


def _bar(offset: int, duration: int, total: int) -> str:
    left = min(BAR_WIDTH - 1, offset * BAR_WIDTH // total)
    length = max(1, min(BAR_WIDTH - left, round(duration * BAR_WIDTH / total)))
    return (" " * left + "#" * length).ljust(BAR_WIDTH)
