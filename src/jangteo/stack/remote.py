"""Starts a supervisor and talks to it: what the command line and the tests share."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

from jangteo.stack import leftovers
from jangteo.stack.control import Answer, ask
from jangteo.stack.daemon import ALREADY_RUNNING, LOCK, LOG
from jangteo.stack.home import Home, StackError
from jangteo.stack.logs import readable, rotate, tail
from jangteo.stack.plan import Plan

_START_SECONDS = 30.0
_STOP_SECONDS = 60.0
_SILENCE_SECONDS = 180.0  # longer than anything that a supervisor waits for
_POLL_SECONDS = 0.02
_LINES_SHOWN = 20


class Remote:
    """The supervisor of one home, seen from another process."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.patience_seconds = _SILENCE_SECONDS  # with a supervisor that says nothing
        self._process: subprocess.Popen[bytes] | None = None

    def running(self) -> bool:
        """Say whether a supervisor holds the home."""
        try:
            lock = os.open(self.home.run / LOCK, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def launch(self, plan: Plan) -> None:
        """Start a supervisor, detached from the terminal, that carries out `plan`. Raises StackError where one runs."""
        if self.running():
            raise StackError(f"the mall in {self.home.root} is up already")
        self._forget()
        self.home.prepare()
        plan.write(self.home)
        log = self.home.log(LOG)
        rotate(log)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JANGTEO_")}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jangteo.stack.daemon", str(self.home.root)],
                stdin=subprocess.PIPE if plan.attached else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.home.root,
                env=environment,
                start_new_session=True,
            )

    def ask(self, question: Answer, timeout: float | None = None) -> Iterator[Answer]:
        """Ask the supervisor, waiting for its socket while it is only just starting. Raises StackError."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                yield from ask(self.home.run, question, timeout)
                return
            except (FileNotFoundError, ConnectionRefusedError) as error:
                code = self._process.poll() if self._process else None
                if code not in (None, ALREADY_RUNNING) or (code is None and not self._process and not self.running()):
                    log = tail(self.home.log(LOG), _LINES_SHOWN)
                    raise StackError(f"the supervisor ended ({code}):\n{log}") from error
                if time.monotonic() > deadline:
                    raise StackError(f"the supervisor does not answer; see {self.home.log(LOG)}") from error
                time.sleep(_POLL_SECONDS)
            except (ConnectionError, TimeoutError) as error:
                raise StackError(f"the supervisor fell silent; see {self.home.log(LOG)}") from error

    def follow(self, question: Answer, out: IO[str] | None) -> None:
        """Ask, print each line that comes to `out`, and return when all is well. Raises StackError otherwise."""
        answer: Answer = {}
        for answer in self.ask(question, self.patience_seconds):
            match answer:
                case {"line": str(line)}:
                    if out is not None:
                        print(line, file=out, flush=True)
                case {"event": "failed", "name": str(name), "text": str(text)}:
                    if answer.get("ends"):
                        self._wait_until_gone()
                    raise StackError(text if name == LOG else f"{text}\n{self._explain(name)}")
                case {"event": "down"} if question["do"] != "stop":
                    raise StackError("the mall is being stopped")
        if "event" not in answer and question["do"] != "stop":
            raise StackError(f"the supervisor ended\n{self._explain(LOG)}")

    def status(self) -> Answer:
        """Return what runs, in what state."""
        return next(self.ask({"do": "status"}))

    def pid(self, name: str) -> int | None:
        """Return the process called `name`, None while it is down. Raises StackError for a name that is none."""
        pids = next(self.ask({"do": "pids"}))
        if name not in pids:
            raise StackError(f"nothing called {name} runs here")
        return None if pids[name] is None else int(pids[name])

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL and return when the supervisor has noticed; it starts it again."""
        pid = self.pid(name)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while self.pid(name) == pid:
            time.sleep(_POLL_SECONDS)

    def stop(self, out: IO[str] | None = None) -> list[int]:
        """Stop everything; return the pids of what had outlived a killed supervisor and had to be ended here."""
        if self.running():
            try:
                with suppress(StackError):  # it may end of itself in this moment
                    self.follow({"do": "stop"}, out)
                self._wait_until_gone()
            except StackError:
                leftovers.end_supervisor(self.home)
        self._forget()
        return leftovers.end(self.home) if self.home.run.exists() else []

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + min(_STOP_SECONDS, self.patience_seconds)
        while self.running():
            if time.monotonic() > deadline:
                raise StackError(f"the supervisor does not stop; see {self.home.log(LOG)}")
            time.sleep(_POLL_SECONDS)

    def _forget(self) -> None:
        """Take leave of the supervisor that we started and that has ended."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.wait()
            self._process = None

    def _explain(self, name: str) -> str:
        log = self.home.log(name)
        text = "\n".join(readable(line) for line in tail(log, _LINES_SHOWN).splitlines())
        last = "\n".join(text.splitlines()[-_LINES_SHOWN:])
        return f"--- the end of {log}:\n{last}" if last else f"its log, {log}, is empty"


def require_running(home: Home) -> None:
    """Raise StackError unless the mall of `home` runs, so that nobody is told of a database that does not answer."""
    if not Remote(home).running():
        raise StackError(f"the mall in {home.root} is down; `make up` starts it")
