"""Reads what a process tells Prometheus about itself: which code it runs, since when, at what cost, and its outbox."""

from datetime import UTC, datetime
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from jangteo.operations.schemas import OutboxSeen

_BUILD = "jangteo_build"
_STARTED, _MEMORY, _CPU = "process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"
_WAITING, _OLDEST, _REFUSED = "outbox_waiting", "outbox_oldest_seconds", "outbox_refused"
_WANTED = (_BUILD, _STARTED, _MEMORY, _CPU, _WAITING, _OLDEST, _REFUSED)


class Reading(NamedTuple):
    """What a process said; null or empty where it did not."""

    version: str = ""
    commit: str = ""
    started_at: datetime | None = None
    memory_bytes: int | None = None
    cpu_seconds: float | None = None
    outbox: OutboxSeen | None = None


def read(exposition: str) -> Reading:
    """Read the Prometheus text format. Raises ValueError where it is none."""
    # The parser is slow and a process has hundreds of series: it gets the few that are wanted.
    lines = [line for line in exposition.splitlines() if line.startswith(_WANTED)]
    samples = [one for family in text_string_to_metric_families("\n".join(lines) + "\n") for one in family.samples]
    numbers = {one.name: one.value for one in samples}
    labels = next((one.labels for one in samples if one.name == _BUILD), {})
    started = numbers.get(_STARTED)
    return Reading(
        version=labels.get("version", ""),
        commit=labels.get("commit", ""),
        started_at=None if started is None else datetime.fromtimestamp(started, UTC),
        memory_bytes=int(numbers[_MEMORY]) if _MEMORY in numbers else None,
        cpu_seconds=numbers.get(_CPU),
        outbox=_outbox(numbers),
    )


def _outbox(numbers: dict[str, float]) -> OutboxSeen | None:
    if _WAITING not in numbers:
        return None
    return OutboxSeen(
        waiting=int(numbers[_WAITING]),
        oldest_seconds=round(numbers.get(_OLDEST, 0.0), 1),
        refused=int(numbers.get(_REFUSED, 0)),
    )
