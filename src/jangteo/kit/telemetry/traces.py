"""Distributed traces by OpenTelemetry, with a short way round the SDK for what is not sampled.

Whether a trace is recorded is decided once, by its id (the rule of the SDK's TraceIdRatioBased sampler), and
the flag of the traceparent carries the decision on (ParentBased). The SDK needs 9 us to come to a "no" for one
span; here it is never asked then: 2 us, so tracing can stay on at any load.
"""

import random
from contextvars import Token
from types import TracebackType

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

EXPORT_EVERY_MS = 2_000
TRACEPARENT_LENGTH = 55
_LOW_64_BITS = (1 << 64) - 1
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSAMPLED = TraceFlags(TraceFlags.DEFAULT)


class _Ids(RandomIdGenerator):
    """Gives a root span the trace id by which it was chosen."""

    chosen = 0

    def generate_trace_id(self) -> int:
        chosen, self.chosen = self.chosen, 0
        return chosen or int(super().generate_trace_id())


class _State:
    """What `start` sets; without it, traces are passed on and none is recorded."""

    ids = _Ids()
    provider: TracerProvider | None = None
    tracer: trace.Tracer | None = None
    bound = 0


def start(*, service: str, ratio: float, exporters: list[SpanExporter]) -> None:
    """Record `ratio` (0 to 1) of the traces that begin here, and all that were sampled upstream."""
    _State.bound = round(ratio * (1 << 64))
    if not exporters:
        return
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create({"service.name": service}),
        id_generator=_State.ids,
        shutdown_on_exit=False,
    )
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_EVERY_MS))
    _State.provider, _State.tracer = provider, provider.get_tracer("jangteo")


def stop() -> None:
    """Export what is still held; blocks for as long as the exporters take, half a minute at most."""
    provider, _State.provider, _State.tracer = _State.provider, None, None
    if provider is not None:
        provider.shutdown()


class _Entered:
    """A span that is current inside `with`; yields the headers that carry it to another process."""

    __slots__ = ("_context", "_recording", "_token")

    def __init__(self, span: Span, recording: Span | None) -> None:
        self._context = trace.set_span_in_context(span)
        self._recording = recording
        self._token: Token[Context] | None = None

    def __enter__(self) -> dict[str, str]:
        self._token = contexts.attach(self._context)
        traceparent = current_traceparent()
        return {} if traceparent is None else {"traceparent": traceparent}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            contexts.detach(self._token)
        if self._recording is not None:
            if kind is not None:
                # The text of an error may name a person; its class cannot.
                self._recording.set_status(Status(StatusCode.ERROR, kind.__name__))
            self._recording.end()


def server_span(name: str, traceparent: str | None) -> _Entered:
    """Enter the span of a request that came in, as a child of the caller's span if it sent one."""
    return _enter(name, SpanKind.SERVER, _parse(traceparent))


def message_span(name: str, traceparent: str | None) -> _Entered:
    """Enter the span of a message being handled, as a child of the span that sent it."""
    return _enter(name, SpanKind.CONSUMER, _parse(traceparent))


def client_span(name: str) -> _Entered:
    """Enter the span of a call to another process; `with client_span(...) as headers` gives what to send."""
    return _enter(name, SpanKind.CLIENT, _current())


def internal_span(name: str) -> _Entered:
    """Enter the span of a piece of work inside this process."""
    return _enter(name, SpanKind.INTERNAL, _current())


def name_span(name: str) -> None:
    """Give the current span a better name, for instance the route once it is known."""
    trace.get_current_span().update_name(name)


def is_recording() -> bool:
    """Say whether what happens now belongs to a trace that is recorded here."""
    span = trace.get_current_span()
    return _State.tracer is not None and span is not INVALID_SPAN and span.get_span_context().trace_flags.sampled


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the current span, sampled or not; None outside of any trace."""
    current = _current()
    if current is None:
        return None
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags:02x}"


def current_trace_id() -> str | None:
    """Return the id of the current trace, as 32 hexadecimal digits; None outside of any trace."""
    current = _current()
    return None if current is None else f"{current.trace_id:032x}"


def current_span_id() -> str | None:
    """Return the id of the current span, as 16 hexadecimal digits; None outside of any trace."""
    current = _current()
    return None if current is None else f"{current.span_id:016x}"


def _current() -> SpanContext | None:
    span = trace.get_current_span()
    return None if span is INVALID_SPAN else span.get_span_context()


def _parse(traceparent: str | None) -> SpanContext | None:
    """Return what a traceparent says (https://www.w3.org/TR/trace-context/), None where it says nothing valid."""
    if not traceparent or len(traceparent) < TRACEPARENT_LENGTH or traceparent[:2] == "ff":
        return None
    try:
        trace_id = int(traceparent[3:35], 16)
        span_id = int(traceparent[36:52], 16)
        flags = int(traceparent[53:55], 16)
    except ValueError:
        return None
    parent = SpanContext(trace_id, span_id, True, TraceFlags(flags))
    return parent if parent.is_valid else None


def _enter(name: str, kind: SpanKind, parent: SpanContext | None) -> _Entered:
    if parent is None:
        trace_id = random.getrandbits(128) or 1
        sampled = trace_id & _LOW_64_BITS < _State.bound
        if not sampled or _State.tracer is None:
            return _pass_on(
                SpanContext(trace_id, random.getrandbits(64) or 1, False, _SAMPLED if sampled else _UNSAMPLED)
            )
        _State.ids.chosen = trace_id
        span = _State.tracer.start_span(name, context=Context(), kind=kind)
        return _Entered(span, span)
    if not parent.trace_flags & 1 or _State.tracer is None:
        return _pass_on(parent)
    span = _State.tracer.start_span(
        name, context=trace.set_span_in_context(NonRecordingSpan(parent), Context()), kind=kind
    )
    return _Entered(span, span)


def _pass_on(context: SpanContext) -> _Entered:
    return _Entered(NonRecordingSpan(context), None)
