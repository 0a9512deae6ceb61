"""The supervisor's process: detached from the terminal, one per home, commanded through its control socket."""

import asyncio
import fcntl
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from pathlib import Path

from jangteo.stack import leftovers
from jangteo.stack.child import adopt_orphans, name_thread
from jangteo.stack.control import SOCKET, Answer, listen
from jangteo.stack.home import Home, StackError
from jangteo.stack.logs import keep_short
from jangteo.stack.plan import Plan
from jangteo.stack.runner import NotStarted
from jangteo.stack.supervisor import SERVICES_PHASE, UP_PHASE, Supervisor

LOCK, LOG = "lock", "supervisor"
ALREADY_RUNNING = 3
_LAST_WORDS_SECONDS = 3.0
_BEFORE_SERVICES_FAILED = 1
_LINES_KEPT = 500


class Daemon:
    """Carries out what is asked through the socket, and tells everybody who listens what happens meanwhile."""

    def __init__(self, home: Home, plan: Plan) -> None:
        self._home, self._plan = home, plan
        self._supervisor = Supervisor(home, plan, self._say)
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._told = asyncio.Event()
        self._attempt = asyncio.create_task(self._supervisor.up())

    async def run(self) -> int:
        """Bring the mall up and serve until told to stop; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        if self._plan.attached:
            loop.add_reader(0, self._starter_gone)
        server = await listen(self._home.run, self._handle, self._answering)
        stopping = asyncio.create_task(self._stop.wait())
        short_logs = asyncio.create_task(keep_short(self._home))
        await asyncio.wait({self._attempt, stopping}, return_when=asyncio.FIRST_COMPLETED)
        hopeless = self._hopeless()
        if not hopeless:
            await stopping
        stopping.cancel()
        short_logs.cancel()
        self._attempt.cancel()
        await asyncio.wait({self._attempt})
        await self._supervisor.down()
        for listener in self._listeners:
            listener.put_nowait(None)
        if hopeless:  # whoever started us may only now be about to ask
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _LAST_WORDS_SECONDS)
        server.close()
        if self._answering:
            await asyncio.wait(self._answering, timeout=_LAST_WORDS_SECONDS)
        (self._home.run / SOCKET).unlink(missing_ok=True)
        return _BEFORE_SERVICES_FAILED if hopeless else 0

    def _starter_gone(self) -> None:
        if not os.read(0, 1):
            asyncio.get_running_loop().remove_reader(0)
            self._stop.set()

    def _say(self, line: str) -> None:
        print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), line, flush=True)
        self._said.append(line)
        for listener in self._listeners:
            listener.put_nowait(line)

    async def _handle(self, question: Answer) -> AsyncIterator[Answer]:
        match question:
            case {"do": "watch"}:
                answers = self._watch(replay=True)
            case {"do": "start"}:
                if self._attempt.done():
                    self._attempt = asyncio.create_task(self._supervisor.start_missing())
                answers = self._watch(replay=False)
            case {"do": "stop"}:
                self._stop.set()
                answers = self._until_down()
            case {"do": "pids"}:
                answers = self._pids()
            case {"do": "status"}:
                answers = self._status()
            case {"do": "stop-one" | "start-one", "name": str(name)} if name in self._supervisor.runners:
                answers = self._one(name, start=question["do"] == "start-one")
            case {"do": "create-database", "name": str(name)} if self._supervisor.databases:
                answers = self._attempted(self._supervisor.databases.create([name]))
            case _:
                raise ValueError("not understood")
        async for answer in answers:
            yield answer

    async def _watch(self, replay: bool) -> AsyncIterator[Answer]:
        """Tell what happens until the attempt to bring everything up has ended, and how it ended."""
        attempt = self._attempt
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        for said in self._said if replay else ():
            lines.put_nowait(said)
        attempt.add_done_callback(lambda _: lines.put_nowait(None))
        self._listeners.add(lines)
        try:
            while (line := await lines.get()) is not None:
                yield {"line": line}
            yield self._outcome()
            self._told.set()
        finally:
            self._listeners.discard(lines)

    async def _until_down(self) -> AsyncIterator[Answer]:
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._listeners.add(lines)
        try:
            while (line := await lines.get()) is not None:
                yield {"line": line}
            yield {"event": "down"}
        finally:
            self._listeners.discard(lines)

    async def _one(self, name: str, start: bool) -> AsyncIterator[Answer]:
        runner = self._supervisor.runners[name]
        if not start:
            await runner.stop()
            yield {"event": "done"}
            return
        runner.start()
        async for answer in self._attempted(runner.wait_ready()):
            yield answer

    async def _attempted(self, work: Awaitable[object]) -> AsyncIterator[Answer]:
        try:
            await work
            yield {"event": "done"}
        except StackError as error:
            yield _failed(error)

    async def _pids(self) -> AsyncIterator[Answer]:
        runners = self._supervisor.runners.values()
        yield {runner.unit.name: runner.identity.pid if runner.identity else None for runner in runners}

    async def _status(self) -> AsyncIterator[Answer]:
        runners = list(self._supervisor.runners.values())
        healthy = await asyncio.gather(*(runner.unit.ready() for runner in runners))
        units = [
            {
                "name": runner.unit.name,
                "what": runner.unit.what,
                "address": runner.unit.address,
                "state": str(runner.state),
                "healthy": well,
                "pid": runner.identity.pid if runner.identity else None,
                "restarts": runner.restarts,
            }
            for runner, well in zip(runners, healthy, strict=True)
        ]
        own = {"supervisor": os.getpid(), "zygote": self._supervisor.zygote.pid}
        yield {"phase": self._supervisor.phase, "units": units, "own": own}

    def _failure(self) -> BaseException | None:
        attempt = self._attempt
        return attempt.exception() if attempt.done() and not attempt.cancelled() else None

    def _outcome(self) -> Answer:
        failure = self._failure()
        if failure is None:
            return {"event": "up"} if self._attempt.done() and not self._attempt.cancelled() else {"event": "down"}
        return _failed(failure) | {"ends": self._hopeless()}

    def _hopeless(self) -> bool:
        """Say whether the servers did not even come up, so that there is nothing worth keeping."""
        return self._failure() is not None and self._supervisor.phase not in (SERVICES_PHASE, UP_PHASE)


def _failed(failure: BaseException) -> Answer:
    name = failure.name if isinstance(failure, NotStarted) else LOG
    for_humans = isinstance(failure, StackError | OSError)
    return {"event": "failed", "name": name, "text": str(failure) if for_humans else repr(failure)}


async def _run(home: Home) -> int:
    return await Daemon(home, Plan.read(home)).run()


def main(folder: str) -> int:
    """Supervise the mall whose home is `folder`."""
    home = Home(Path(folder))
    lock = os.open(home.run / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return ALREADY_RUNNING
    name_thread("jangteo")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    leftovers.end(home)
    adopt_orphans()
    return asyncio.run(_run(home))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
