"""What the kernel says about processes: who they are, whose child, how much memory. A pid alone proves nothing."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    started: int  # clock ticks after boot

    def alive(self) -> bool:
        """Say whether it still runs; a zombie does not."""
        return identify(self.pid) == self


def _stat(pid: int) -> list[str] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the name before it may hold blanks and brackets


def identify(pid: int) -> Identity | None:
    """Return the identity of a running process, None for a dead one or a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else Identity(pid, int(fields[19]))


def all_pids() -> list[int]:
    """Return every process that is visible."""
    return [int(entry) for entry in os.listdir(_PROC) if entry.isdigit()]


def children() -> dict[int, list[int]]:
    """Return the children of every process."""
    found: dict[int, list[int]] = {}
    for pid in all_pids():
        if fields := _stat(pid):
            found.setdefault(int(fields[1]), []).append(pid)
    return found


def with_descendants(pid: int, tree: dict[int, list[int]]) -> list[int]:
    """Return `pid` and everything below it."""
    found = [pid]
    for parent in found:
        found.extend(tree.get(parent, ()))
    return found


def session_members(sessions: Iterable[int]) -> list[int]:
    """Return the processes, zombies left out, that belong to one of `sessions`."""
    wanted = set(sessions)
    return [pid for pid in all_pids() if (fields := _stat(pid)) and fields[0] not in "ZX" and int(fields[3]) in wanted]


def running_in(folder: Path, executable: str) -> list[int]:
    """Return the processes of the program `executable` whose working folder is `folder`."""
    return [
        pid
        for pid in all_pids()
        if _link(pid, "cwd") == str(folder) and Path(_link(pid, "exe").removesuffix(" (deleted)")).name == executable
    ]


def proportional_memory(pids: Iterable[int]) -> int:
    """Return the bytes of memory of `pids`, shared pages divided among their users (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # gone meanwhile, or not ours to look at
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(_PROC / str(pid) / name)
    except OSError:
        return ""
