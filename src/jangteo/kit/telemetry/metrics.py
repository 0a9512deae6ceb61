"""The numbers every process shows to Prometheus; label children are cached because looking one up is dear."""

from functools import lru_cache

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper edges in seconds: few, since every one is a series for each route."""

METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))

_requests = Counter("http_requests_total", "HTTP requests answered", ["method", "route", "status"])
_seconds = Histogram("http_request_seconds", "Seconds from request to answer", ["method", "route"], buckets=BUCKETS)
_messages = Counter("messages_total", "Messages by what became of them", ["type", "outcome"])
_outbox_waiting = Gauge("outbox_waiting", "Messages stored and not published yet")
_outbox_oldest = Gauge("outbox_oldest_seconds", "Age of the oldest message not published yet")
_outbox_refused = Gauge("outbox_refused", "Messages kept in the outbox that the broker refused for good")
_build = Gauge("jangteo_build", "Always 1; which code this process runs", ["service", "version", "commit"])
_outbox_parked = Counter("outbox_parked_total", "Messages that the broker refused for good", ["type"])


@lru_cache(maxsize=2048)
def _request(method: str, route: str, status: int) -> Counter:
    return _requests.labels(method, route, str(status))


@lru_cache(maxsize=1024)
def _timing(method: str, route: str) -> Histogram:
    return _seconds.labels(method, route)


def http_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request. `route` is the template: a path with ids in it would be a series each."""
    if method not in METHODS:
        method = "OTHER"
    _request(method, route, status).inc()
    _timing(method, route).observe(seconds)


@lru_cache(maxsize=2048)
def messages(message_type: str, outcome: str) -> Counter:
    """Return the counter of messages of a type: published, handled, retried or parked."""
    return _messages.labels(message_type, outcome)


def build(service: str, version: str, commit: str) -> None:
    """Show which code this process runs; `commit` is empty where nobody knows."""
    _build.labels(service, version, commit).set(1)


def outbox(waiting: int, oldest_seconds: float, refused: int) -> None:
    """Show how much the outbox holds, how long the oldest row has waited, and how much was refused for good."""
    _outbox_waiting.set(waiting)
    _outbox_refused.set(refused)
    _outbox_oldest.set(oldest_seconds)


def outbox_parked(message_type: str) -> None:
    """Count a message that will not be published without somebody's help."""
    _outbox_parked.labels(message_type).inc()


def exposition() -> bytes:
    """Return all numbers in the Prometheus text format 0.0.4, those of the process (CPU, memory) among them."""
    return generate_latest(REGISTRY)
