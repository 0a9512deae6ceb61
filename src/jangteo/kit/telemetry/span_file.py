"""Keeps spans in a file of JSON lines, so that a trace can be looked at on one machine without any server."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

MOST_BYTES = 20 * 2**20


class SpanLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One span; `start` in nanoseconds since 1970, `duration` in microseconds."""

    trace: str
    span: str
    parent: str = ""
    service: str
    name: str
    kind: str
    start: int
    duration: int
    error: str = ""


class FileExporter(SpanExporter):
    """Appends spans to `path`; a full file becomes `path.1`, replacing the one before.

    The file is opened anew for every batch, so replicas of a service may share it and rotate it.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._encoder = msgspec.json.Encoder()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write a batch in one piece."""
        lines = b"".join(self._encoder.encode(_line(span)) + b"\n" for span in spans)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                file.write(lines)
                full = os.fstat(file.fileno()).st_size >= self._most_bytes
            if full:
                with contextlib.suppress(FileNotFoundError):
                    self._path.replace(self._path.with_name(self._path.name + ".1"))
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS


def _line(span: ReadableSpan) -> SpanLine:
    context = span.get_span_context()
    start = span.start_time or 0
    return SpanLine(
        trace=f"{context.trace_id:032x}" if context else "",
        span=f"{context.span_id:016x}" if context else "",
        parent=f"{span.parent.span_id:016x}" if span.parent else "",
        service=str(span.resource.attributes.get("service.name", "")),
        name=span.name,
        kind=span.kind.name.lower(),
        start=start,
        duration=((span.end_time or start) - start) // 1000,
        error="" if span.status.is_ok else (span.status.description or "error"),
    )
