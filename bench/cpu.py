"""CPU time of every process of the mall, read from the operating system: the figure that repeats on a busy machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from jangteo.stack.mall import Mall

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

# In /proc/PID/stat, counted after the name: user and system time of the process, and of its children that ended.
_UTIME, _CSTIME = 11, 14


def cpu_seconds(mall: Mall) -> dict[str, float]:
    """Return the CPU seconds each unit of the mall has used so far, with all its child processes."""
    return {
        unit["name"]: sum(_seconds(pid) for pid in mall.pids(unit["name"]))
        for unit in mall.status()["units"]
        if unit["pid"]
    }


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what each unit used between two readings, in seconds, the dearest first."""
    used = {name: max(0.0, seconds - before.get(name, 0.0)) for name, seconds in after.items()}
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def memory_mebibytes(mall: Mall) -> dict[str, float]:
    """Return the proportional set size of each unit, in MiB: shared pages are counted once over all."""
    return {
        unit["name"]: sum(_pss(pid) for pid in mall.pids(unit["name"])) / 1024
        for unit in mall.status()["units"]
        if unit["pid"]
    }


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[_UTIME : _CSTIME + 1]) / TICKS_PER_SECOND


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
