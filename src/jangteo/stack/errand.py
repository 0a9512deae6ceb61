"""Programs that run to their end, such as initdb or a migration, started and reaped like the long-lived ones."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jangteo.stack.child import Birth, spawn
from jangteo.stack.home import StackError
from jangteo.stack.reaper import Reaper
from jangteo.stack.unit import User

_LINES_SHOWN = 15


@dataclass(frozen=True)
class Outcome:
    """How a program ended and what it printed."""

    code: int
    output: str


class Errands:
    """Runs programs for the supervisor; `folder` holds their output while they run."""

    def __init__(self, reaper: Reaper, folder: Path) -> None:
        self._reaper = reaper
        self._folder = folder

    async def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        user: User | None = None,
        folder: Path | None = None,
    ) -> Outcome:
        """Run a program to its end, and end it when the caller is cancelled."""
        with tempfile.NamedTemporaryFile("r", dir=self._folder, errors="replace") as output:
            pid = spawn(command, Birth(environment, folder or self._folder, Path(output.name), signal.SIGKILL, user))
            try:
                code = await self._reaper.watch(pid)
            except asyncio.CancelledError:
                os.killpg(pid, signal.SIGKILL)
                raise
            return Outcome(code, output.read())

    async def must(
        self,
        what: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        user: User | None = None,
        folder: Path | None = None,
    ) -> str:
        """Run a program and return what it printed. Raises StackError, with its last lines, where it fails."""
        outcome = await self.run(command, environment, user, folder)
        if outcome.code != 0:
            tail = "\n".join(outcome.output.splitlines()[-_LINES_SHOWN:])
            raise StackError(f"{what} failed ({outcome.code}):\n{tail}")
        return outcome.output
