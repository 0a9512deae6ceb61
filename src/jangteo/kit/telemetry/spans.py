"""One trace out of the span files of all services, as a tree that can be walked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from jangteo.kit.telemetry.span_file import SpanLine
from jangteo.kit.telemetry.statements import PREFIX


class Trace:
    """The spans of one trace; times are microseconds since the first of them began."""

    def __init__(self, spans: Iterable[SpanLine]) -> None:
        """Raises ValueError where there is no span at all."""
        self.spans = sorted(spans, key=lambda span: span.start)
        if not self.spans:
            raise ValueError("a trace has at least one span")
        self._begin = self.spans[0].start
        self._known = {span.span: span for span in self.spans}
        self._below: dict[str, list[SpanLine]] = {}
        for span in self.spans:
            self._below.setdefault(span.parent if span.parent in self._known else "", []).append(span)

    @property
    def tops(self) -> list[SpanLine]:
        """The spans whose parent is not known."""
        return self._below.get("", [])

    def below(self, span: SpanLine) -> list[SpanLine]:
        """Return the children of `span`, by start."""
        return self._below.get(span.span, [])

    def above(self, span: SpanLine) -> Iterator[SpanLine]:
        """Yield the parent of `span`, its parent, and so on."""
        parent = self._known.get(span.parent)
        while parent is not None:
            yield parent
            parent = self._known.get(parent.parent)

    def start(self, span: SpanLine) -> int:
        """Return when `span` began."""
        return (span.start - self._begin) // 1000

    def end(self, span: SpanLine) -> int:
        """Return when `span` ended."""
        return self.start(span) + span.duration

    def first(self, name: str) -> SpanLine | None:
        """Return the first span whose name contains `name`."""
        return next((span for span in self.spans if name in span.name), None)

    def handed_over(self, span: SpanLine) -> int:
        """Return when the message handled by `span` was sent: by the last commit before it of what sent it."""
        parent = self._known.get(span.parent)
        began = self.start(span)
        if parent is None:
            return began
        commits = [self.end(child) for child in self.below(parent) if is_sql(child) and child.name.endswith("commit")]
        return max((at for at in commits if at <= began), default=min(self.end(parent), began))


def collect(files: Iterable[Path], trace_id: str) -> list[SpanLine]:
    """Return the spans of a trace. Rotated files (`.1`) beside the given ones are read too."""
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


def is_sql(span: SpanLine) -> bool:
    """Say whether `span` is a statement in PostgreSQL."""
    return span.name.startswith(PREFIX)


def is_message(span: SpanLine) -> bool:
    """Say whether `span` is the handling of a message, which began when the broker brought it."""
    return span.kind == "consumer"
