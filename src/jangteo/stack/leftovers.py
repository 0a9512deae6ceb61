"""Ends what a supervisor left behind that was killed itself, found by what it wrote down and by nothing looser."""

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from jangteo.stack.home import Home
from jangteo.stack.procfs import Identity, identify, running_in, session_members

PROCESSES, SUPERVISOR = "processes.json", "supervisor"
_GRACE_SECONDS = 3.0  # they were told to stop when their supervisor died
_POLL_SECONDS = 0.05


def end(home: Home) -> list[int]:
    """Stop the processes that an earlier supervisor of `home` recorded, and their children; return their pids.

    Only for the holder of the home's lock, or one who has seen that nobody holds it.
    """
    recorded = _recorded(home)
    alive = [one for one in recorded if one.alive()]
    members = [one for pid in session_members(one.pid for one in alive) if (one := identify(pid))]
    orphans = [one for pid in _postgres_orphans(home) if (one := identify(pid))]
    found = list(dict.fromkeys([*alive, *members, *orphans]))
    _send(alive, signal.SIGTERM)
    _send(orphans, signal.SIGQUIT)
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(one.alive() for one in found) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    _send(found, signal.SIGKILL)
    while any(one.alive() for one in found):
        time.sleep(_POLL_SECONDS)
    (home.run / PROCESSES).unlink(missing_ok=True)
    return [one.pid for one in found]


def end_supervisor(home: Home) -> None:
    """Kill a supervisor that does not answer any more; `end` finds what it leaves behind."""
    supervisor = _read(home).get(SUPERVISOR)
    while supervisor and supervisor.alive():
        _send([supervisor], signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _recorded(home: Home) -> list[Identity]:
    return [one for name, one in _read(home).items() if name != SUPERVISOR]


def _read(home: Home) -> dict[str, Identity]:
    try:
        return {name: Identity(*pair) for name, pair in json.loads((home.run / PROCESSES).read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        return {}  # cut short when the machine lost its power: nothing has outlived that


def _postgres_orphans(home: Home) -> list[int]:
    """Return the processes of a PostgreSQL on our data: its children leave its session, and outlive it briefly."""
    folders: tuple[Path, ...] = (home.data / "postgres", home.outside / "postgres")
    return [pid for folder in folders for pid in running_in(folder, "postgres")]


def _send(processes: Iterable[Identity], number: int) -> None:
    for one in processes:
        if one.alive():
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)
