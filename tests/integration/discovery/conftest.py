"""A real registry server for these tests."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


class Server:
    """nats-server out of its wheel; it can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self.port}"
        self.config = folder / "nats.conf"
        self.config.write_text(f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{folder}/data" }}\n')
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it takes connections."""
        with self.log.open("ab") as log:
            binary = Path(sys.executable).with_name("nats-server")
            self.process = subprocess.Popen([binary, "-c", self.config], stdout=log, stderr=log)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
                break
        raise RuntimeError(self.log.read_text())

    def kill(self) -> None:
        """End it without a goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server of its own."""
    running = Server(tmp_path)
    running.start()
    yield running
    running.kill()
