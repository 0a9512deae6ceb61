"""Logs, traces and metrics of one process, switched on in one place."""

from pathlib import Path

from opentelemetry.sdk.trace.export import SpanExporter

from jangteo.kit.telemetry import logs, traces
from jangteo.kit.telemetry.span_file import FileExporter

OTLP_SECONDS = 3.0
"""How long a collector that is away may hold up the end of the process."""

__all__ = ["configure", "shutdown"]


def configure(*, service: str, log_level: str, trace_ratio: float, trace_file: str, otlp_endpoint: str) -> None:
    """Set up logging and tracing of this process; metrics need nothing.

    `trace_ratio` is the share of traces that begin here and are recorded, 0 to 1. They go to `trace_file`
    (JSON lines) and to `otlp_endpoint` (OTLP over HTTP, such as http://jaeger:4318), whichever is not empty.
    Raises ValueError for a level or a ratio that makes no sense.
    """
    if not 0.0 <= trace_ratio <= 1.0:
        raise ValueError(f"the trace ratio is a number from 0 to 1, not {trace_ratio}")
    logs.configure(service, log_level)
    exporters: list[SpanExporter] = []
    if trace_file:
        exporters.append(FileExporter(Path(trace_file)))
    if otlp_endpoint:
        # It costs 10 MB of memory and is loaded only where it is used.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = otlp_endpoint.rstrip("/")
        if not endpoint.endswith("/v1/traces"):
            endpoint += "/v1/traces"
        exporters.append(OTLPSpanExporter(endpoint=endpoint, timeout=OTLP_SECONDS))
    traces.start(service=service, ratio=trace_ratio, exporters=exporters)


def shutdown() -> None:
    """Export the spans still held."""
    traces.stop()
