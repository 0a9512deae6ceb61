"""The brokers that the contract suite runs on; a new adapter joins with one line in BROKERS."""

import asyncio
import inspect
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from processes import free_port

from jangteo.kit import bus
from jangteo.kit.errors import Unavailable


class Broker(Protocol):
    """A real broker that can be killed."""

    url: str

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...


class NatsServer:
    """nats-server out of its wheel, in a folder of its own, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"nats://shop:secret@127.0.0.1:{self.port}"
        self.folder = folder
        self.config = folder / "nats.conf"
        self.config.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{ store_dir: "{folder}/data", max_mem: 64MB, max_file: 1GB, sync_interval: 1s }}\n'
            'authorization { users: [ { user: "shop", password: "secret" } ] }\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it takes connections."""
        binary = Path(sys.executable).with_name("nats-server")
        with (self.folder / "log").open("ab") as log:
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
                raise RuntimeError((self.folder / "log").read_text()) from None
        raise RuntimeError("nats-server does not answer")

    def kill(self) -> None:
        """End it as a power cut would: no goodbye, no flushing."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Let it stand still, its connections open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


BROKERS = {"nats": NatsServer}


@pytest.fixture(scope="session", params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running broker, shared by all tests: they use types and groups of their own."""
    server = BROKERS[request.param](tmp_path_factory.mktemp(request.param))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bus_url(broker: Broker) -> str:
    """Where the broker is."""
    return broker.url


@pytest.fixture
async def connect(bus_url: str) -> AsyncIterator["Connect"]:
    """Makes a bus, as another process would; closes all of them in the end."""
    opened = Connect(bus_url)
    yield opened
    await opened.close()


class Connect:
    """Opens buses on one broker."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened: list[bus.Bus] = []

    async def __call__(self, name: str = "test", **options: float) -> bus.Bus:
        """Return a new connection."""
        made = await bus.connect(self.url, name=name, **options)  # type: ignore[arg-type]
        self.opened.append(made)
        return made

    async def close(self) -> None:
        """Close whatever is open."""
        await asyncio.gather(*(made.close() for made in self.opened))


@pytest.fixture
def kind() -> str:
    """A type of message that no other test uses."""
    return f"test.{uuid.uuid4().hex[:12]}.v1"


@pytest.fixture
def group() -> str:
    """A consumer group that no other test uses."""
    return f"group-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def message(kind: str) -> Callable[..., bus.Outgoing]:
    """Makes messages of this test's type; the body is the number."""

    def make(number: int, key: str = "") -> bus.Outgoing:
        return bus.Outgoing(f"{kind}-{number}", kind, key or f"key-{number}", str(number).encode())

    return make


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits for a condition, plain or asynchronous, to become true, and returns its value."""

    async def wait(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
        async with asyncio.timeout(seconds):
            while True:
                value = condition()
                if inspect.isawaitable(value):
                    value = await value
                if value:
                    return value
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def publish_stubbornly() -> Callable[..., Any]:
    """Publishes as the outbox does: again and again until the broker has it."""

    async def publish(one: bus.Bus, messages: list[bus.Outgoing]) -> None:
        while True:
            try:
                return await one.publish(messages)
            except Unavailable:
                await asyncio.sleep(0.05)

    return publish
