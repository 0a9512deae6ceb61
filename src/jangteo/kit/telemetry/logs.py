"""Logs as JSON lines on stdout, tied to the trace and the tenant, with personal data masked."""

import logging
import sys
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from jangteo.kit.telemetry import traces
from jangteo.kit.telemetry.redaction import redact, redact_value

_tenant: ContextVar[str | None] = ContextVar("tenant", default=None)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# What these say at INFO tells an operator nothing that our own lines do not.
_QUIET = ("uvicorn.access", "nats", "asyncio", "opentelemetry", "httpx", "aiohttp.access")


class tenant:  # noqa: N801 - it reads as `with logs.tenant("demo"):`
    """Put a tenant on every line logged inside `with`."""

    __slots__ = ("_name", "_token")

    def __init__(self, name: str) -> None:
        self._name = name
        self._token: Token[str | None] | None = None

    def __enter__(self) -> None:
        self._token = _tenant.set(self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            _tenant.reset(self._token)


class JsonLines(logging.Formatter):
    """Renders a record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._encoder = msgspec.json.Encoder()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; never raises for the sake of a field that cannot be encoded."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if (trace_id := traces.current_trace_id()) is not None:
            line["trace_id"] = trace_id
            line["span_id"] = traces.current_span_id()
        if (name := _tenant.get()) is not None:
            line["tenant"] = name
        for key, value in vars(record).items():
            if key not in _PLAIN and key not in line:
                line[key] = redact_value(key, value)
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = redact(record.stack_info)
        return self._encoder.encode(line).decode()


def configure(service: str, level: str) -> None:
    """Send every log record of this process to stdout as JSON lines, from `level` (INFO, ...) on.

    Raises ValueError for a level that does not exist.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("jangteo").critical("the process ends", exc_info=(kind, error, where))
