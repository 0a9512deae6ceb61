"""The numbers every process shows to Prometheus; label children are cached because looking one up is dear."""

from functools import lru_cache

from prometheus_client import Counter

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper edges in seconds: few, since every one is a series for each route."""

_messages = Counter("messages_total", "Messages by what became of them", ["type", "outcome"])


@lru_cache(maxsize=2048)
def messages(message_type: str, outcome: str) -> Counter:
    """Return the counter of messages of a type: published, handled, retried or parked."""
    return _messages.labels(message_type, outcome)
