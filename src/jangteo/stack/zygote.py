"""The supervisor's side of the zygote: a process that has imported the libraries once and forks into each service.

The forks share the memory of what was imported, and start in milliseconds instead of a second each. The service itself
comes to no harm by it and needs nothing of it: `jangteo serve NAME` is the same without.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress

from jangteo.stack import services
from jangteo.stack.child import Birth, spawn
from jangteo.stack.home import Home
from jangteo.stack.reaper import Reaper

NAME = "zygote"
_ROOM_FOR_TITLE = "-" * 120  # overwritten by the title of each fork, which has no other place that `ps` reads
_IMPORT_SECONDS = 60.0


class Zygote:
    """One such process, started again when it is gone."""

    def __init__(self, home: Home, reaper: Reaper) -> None:
        self.pid: int | None = None
        self._home = home
        self._reaper = reaper
        self._death: asyncio.Future[int] | None = None
        self._control: socket.socket | None = None
        self._turn = asyncio.Lock()

    def start(self) -> None:
        """Start it; it imports while the caller goes on."""
        ours, its = socket.socketpair()
        ours.setblocking(False)
        birth = Birth(
            services.outer_environment() | {"JANGTEO_HOME": str(self._home.root)},
            self._home.root,
            self._home.log(NAME),
            signal.SIGKILL,
        )
        self.pid = spawn((sys.executable, "-m", "jangteo.stack.forking", _ROOM_FOR_TITLE), birth, its.fileno())
        its.close()
        self._death = self._reaper.watch(self.pid)
        self._control = ours

    async def fork(self, name: str, birth: Birth) -> int:
        """Return the pid of a new process that becomes service `name`; it is a child of ours, for us to reap.

        Raises OSError where the zygote dies over it; the next call starts another one.
        """
        async with self._turn:
            if self._death is None or self._death.done():
                self.start()
            assert self._control is not None  # noqa: S101  (start has just set it)
            loop = asyncio.get_running_loop()
            self._reaper.expect()
            request = {
                "name": name,
                "environment": dict(birth.environment),
                "folder": str(birth.folder),
                "output": str(birth.output),
                "death_signal": int(birth.death_signal),
            }
            await loop.sock_sendall(self._control, json.dumps(request).encode() + b"\n")
            try:
                async with asyncio.timeout(_IMPORT_SECONDS):
                    answer = await loop.sock_recv(self._control, 64)
            except TimeoutError:
                self.stop()  # a late answer would be taken for that to the next request
                raise
            if not answer:
                raise ChildProcessError(f"the zygote died; see {self._home.log(NAME)}")
            return int(answer)

    def stop(self) -> None:
        """End it; its forks live on."""
        if self.pid is not None and self._death is not None and not self._death.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._control is not None:
            self._control.close()
        self.pid = self._control = self._death = None
