"""CPU time of every process of the mall, read from the operating system: the figure that repeats on a busy machine."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jangteo.stack.mall import Mall
from jangteo.stack.procfs import children, proportional_memory, with_descendants

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_MEBIBYTE = 1024 * 1024

# In /proc/PID/stat, counted after the name: user and system time of the process, and of its children that ended.
_UTIME, _CSTIME = 11, 14

_WINDOW_SECONDS = 1.0
_CALM_SHARE = 1.3  # of what the mall uses at rest
_CALM_MARGIN = 0.03  # of one core


@dataclass(frozen=True)
class Reading:
    """CPU seconds by unit, and how often each was started, at one moment of the monotonic clock."""

    at: float
    seconds: dict[str, float]
    restarts: dict[str, int]

    @property
    def total(self) -> float:
        """All units together."""
        return sum(self.seconds.values())


def read(mall: Mall) -> Reading:
    """Read the CPU time of all units at once."""
    units, tree = mall.status()["units"], children()
    return Reading(
        time.monotonic(),
        {
            unit["name"]: sum(_seconds(pid) for pid in with_descendants(unit["pid"], tree))
            for unit in units
            if unit["pid"]
        },
        {unit["name"]: unit["restarts"] for unit in units},
    )


def cpu_seconds(mall: Mall) -> dict[str, float]:
    """Return the CPU seconds each unit of the mall has used so far, with all its child processes."""
    return read(mall).seconds


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what each unit used between two readings, in seconds, the dearest first."""
    used = {name: max(0.0, seconds - before.get(name, 0.0)) for name, seconds in after.items()}
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def at_rest(mall: Mall, seconds: float) -> dict[str, float]:
    """Return the share of a core that each unit uses while nobody calls: heartbeats, sweeps, the health checks."""
    before = read(mall)
    time.sleep(seconds)
    after = read(mall)
    return {name: used / (after.at - before.at) for name, used in spent(before.seconds, after.seconds).items()}


def wait_until_calm(mall: Mall, rest: Mapping[str, float], patience: float) -> bool:
    """Return once the mall uses no more than at rest, so that what was left to do in the background is done.

    False after `patience` seconds without such a moment.
    """
    limit = sum(rest.values()) * _CALM_SHARE + _CALM_MARGIN
    end, before = time.monotonic() + patience, read(mall)
    while time.monotonic() < end:
        time.sleep(_WINDOW_SECONDS)
        after = read(mall)
        if (after.total - before.total) / (after.at - before.at) <= limit:
            return True
        before = after
    return False


def busy_seconds() -> float:
    """Return the CPU seconds that the whole machine, and whoever it is shared with, has been busy since it started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _waiting, hard, soft, stolen = (int(field) for field in fields[:8])
    return (user + nice + system + hard + soft + stolen) / TICKS_PER_SECOND


def memory_mebibytes(mall: Mall) -> dict[str, float]:
    """Return the proportional set size of each unit, in MiB: shared pages are counted once over all."""
    tree = children()
    return {
        unit["name"]: proportional_memory(with_descendants(unit["pid"], tree)) / _MEBIBYTE
        for unit in mall.status()["units"]
        if unit["pid"]
    }


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[_UTIME : _CSTIME + 1]) / TICKS_PER_SECOND
