"""What the supervisor must know of a process, server or service alike, to start it, find it healthy and stop it."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]
User = tuple[int, int]


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Unit:
    """One process of the mall."""

    name: str
    what: str  # for a human
    address: str
    arguments: tuple[str, ...]
    folder: Path
    ready: Probe
    alive: Probe  # answers anything at all; one that does not for long, though it runs, hangs
    environment: Mapping[str, str] = field(default_factory=dict)
    service: bool = False  # one of our own Python services: may be forked from the zygote
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM
    grace_seconds: float = 15.0
    look_seconds: float = 4.0  # between two questions for a sign of life
    user: User | None = None
    before: Callable[[], None] = _nothing  # clears away what a crash left; called before every start
