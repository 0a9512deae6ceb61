"""Learns of every death below the supervisor, orphans adopted from dead children included, so that no zombie stays."""

import asyncio
import os
import signal


class Reaper:
    """The only caller of waitpid in its process; make it inside the running loop."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._strangers: dict[int, int] = {}
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def watch(self, pid: int) -> asyncio.Future[int]:
        """Return a future of the exit status of `pid`: its code, or minus the signal that killed it."""
        death: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if pid in self._strangers:
            death.set_result(self._strangers.pop(pid))
        else:
            self._waiting[pid] = death
        return death

    def expect(self) -> None:
        """Forget the dead whom nobody asked for: call it before a birth whose pid will be known only later."""
        self._strangers.clear()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            death = self._waiting.pop(pid, None)
            if death is None:
                self._strangers[pid] = code
            elif not death.done():
                death.set_result(code)
