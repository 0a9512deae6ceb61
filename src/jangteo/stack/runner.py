"""Keeps one process alive: starts it, finds it ready, restarts it with growing pauses when it dies or hangs, stops it.

STOPPED --start--> STARTING --ready--> READY
   ^                ^    |                |
   |              pause  +---- dies ------+
   |                |          |
   +--- stop ---  WAITING <----+
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum

from jangteo.stack.home import StackError
from jangteo.stack.procfs import Identity, identify
from jangteo.stack.reaper import Reaper
from jangteo.stack.unit import Unit

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
_HEALTHY_SECONDS = 30.0  # after which a death counts as the first one again
_PROBE_SECONDS = (0.02, 0.25)
_HOPELESS_DEATHS = 3
_PATIENCE_SECONDS = 120.0
# A process that runs, but has not answered so many questions in a row, two seconds each, hangs: it is killed.
_SILENT_LOOKS = 4

Launch = Callable[[Unit], Awaitable[int]]
Notice = Callable[["Runner"], None]


def pause_before_restart(previous: float, healthy_seconds: float | None) -> float:
    """Return how long to wait, in seconds, after a life that was ready for `healthy_seconds`, None if never.

    `previous` is the pause before that life, 0 before the first.
    """
    if previous == 0 or (healthy_seconds is not None and healthy_seconds >= _HEALTHY_SECONDS):
        return FIRST_PAUSE_SECONDS
    return min(previous * 2, LONGEST_PAUSE_SECONDS)


class State(StrEnum):
    """Where a process is in its life."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"


class NotStarted(StackError):
    """A process did not become ready."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name


class Runner:
    """One unit, kept running."""

    def __init__(self, unit: Unit, launch: Launch, reaper: Reaper, notice: Notice) -> None:
        self.unit = unit
        self.state = State.STOPPED
        self.identity: Identity | None = None
        self.restarts = 0
        self.last_exit: int | None = None
        self._launch, self._reaper, self._notice = launch, reaper, notice
        self._deaths_unready = 0
        self._stopping = False
        self._pause = 0.0
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the process unless it runs; a pause before its next start is cut short."""
        self._deaths_unready = 0
        self._pause = 0.0
        if self._task is None or self._task.done():
            self._stopping = False
            self._task = asyncio.create_task(self._keep())
        self._hurry.set()

    async def wait_ready(self) -> None:
        """Return once the process is ready. Raises NotStarted where it keeps dying or takes two minutes."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _PATIENCE_SECONDS
        while self.state is not State.READY:
            if self._deaths_unready >= _HOPELESS_DEATHS:
                raise NotStarted(self.unit.name, f"died {self._deaths_unready} times while starting")
            if self._task is not None and self._task.done():
                await self._task
                raise NotStarted(self.unit.name, "was stopped while starting")
            if clock() > deadline:
                raise NotStarted(self.unit.name, f"is not ready after {_PATIENCE_SECONDS:.0f} seconds")
            await asyncio.sleep(_PROBE_SECONDS[0])

    async def stop(self) -> None:
        """Ask the process to stop, and kill it, with everything in its session, when it has not after its grace."""
        if self._task is None:
            return
        self._stopping = True
        self._hurry.set()
        self._send(self.unit.stop_signal)
        done, _ = await asyncio.wait({self._task}, timeout=self.unit.grace_seconds)
        if not done:
            self._send(signal.SIGKILL)
        await asyncio.wait({self._task})

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                healthy_seconds = await self._live()
            except OSError as error:  # no memory, no disk, no process table left: it may pass
                print(f"{self.unit.name} cannot be started: {error}", flush=True)
                healthy_seconds = None
            if self._stopping:
                break
            if healthy_seconds is None:
                self._deaths_unready += 1
            self._pause = pause_before_restart(self._pause, healthy_seconds)
            self._hurry.clear()
            self._become(State.WAITING)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._pause)
            self.restarts += 1
        self._become(State.STOPPED)

    async def _live(self) -> float | None:
        """Run the process once, until it is dead; return for how many seconds it was ready, None if it never was."""
        clock = asyncio.get_running_loop().time
        self.unit.before()
        pid = await self._launch(self.unit)
        death = self._reaper.watch(pid)
        self.identity = identify(pid)
        self._become(State.STARTING)
        if self._stopping:
            self._send(self.unit.stop_signal)
        ready_at = None
        if await self._becomes_ready(death):
            ready_at = clock()
            self._deaths_unready = 0
            self._become(State.READY)
            await self._watch_over(death)
        self.last_exit = await death
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # what it may have started itself
        self.identity = None
        return None if ready_at is None else clock() - ready_at

    async def _becomes_ready(self, death: asyncio.Future[int]) -> bool:
        pause, longest = _PROBE_SECONDS
        while not death.done():
            if await self.unit.ready():
                return not death.done()
            await asyncio.wait({death}, timeout=pause)
            pause = min(pause * 1.5, longest)
        return False

    async def _watch_over(self, death: asyncio.Future[int]) -> None:
        """Return when the process is dead; kill it where it hangs, that is, is alive and answers nothing for long.

        Looks are counted, not seconds, so that a machine that slept, or a supervisor that did, kills nobody.
        """
        silent = 0
        while not death.done():
            await asyncio.wait({death}, timeout=self.unit.look_seconds)
            if death.done() or self._stopping:
                return
            silent = 0 if await self.unit.alive() else silent + 1
            if silent >= _SILENT_LOOKS and not death.done():
                print(f"{self.unit.name} hangs: no answer to {silent} questions; it is killed", flush=True)
                self._send(signal.SIGKILL)
                return

    def _send(self, number: int) -> None:
        if self.identity is None or not self.identity.alive():
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.identity.pid, number)
            else:
                os.kill(self.identity.pid, number)

    def _become(self, state: State) -> None:
        self.state = state
        self._notice(self)
