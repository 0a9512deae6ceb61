"""Services as processes of their own, for tests that kill them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

READY_WITHIN_SECONDS = 90.0


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A service as a process, which can be killed and started again on the same port."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{environment['JANGTEO_PORT']}"
        self._environment = {"PATH": os.environ["PATH"]} | environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        return self._started.pid

    def start(self) -> "Running":
        """Start it and wait until it is ready. Raises AssertionError, with its log, where it ends before."""
        command = [sys.executable, "-m", "jangteo.cli", "serve", self.name]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        give_up = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < give_up:
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(self.log())

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._started.kill()
        self._started.wait()

    def stop(self) -> int:
        """Tell it to stop, and return what it exits with."""
        self._started.send_signal(signal.SIGTERM)
        return self._started.wait(30)

    def log(self) -> str:
        """Return what it has said so far."""
        return self._log.read_text()

    @property
    def _started(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, f"{self.name} was not started"
        return self._process
