"""Real providers on real ports, and a real server that receives their webhooks."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import pytest
import uvicorn
from aiohttp import web

Found = TypeVar("Found")
SECRET_KEY = "sk_test_of_the_merchant"
WEBHOOK_SECRET = "whsec_of_the_tests"


@dataclass
class Hook:
    """One webhook as it arrived."""

    body: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def is_genuine(self) -> bool:
        """Whether the signature holds, reckoned here from its description and not by the sender's own code."""
        stamp, _, proof = self.signature.partition(",")
        signed = stamp.removeprefix("t=").encode() + b"." + self.body
        good = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(stamp.removeprefix("t="))) < 300
        return fresh and hmac.compare_digest(proof, f"v1={good}")


@dataclass
class Receiver:
    """A shop's webhook endpoint, which answers 400 to bad signatures and `answers` (then 200) to good ones."""

    url: str = ""
    hooks: list[Hook] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    on_hook: Callable[[Hook], None] | None = None
    hanging: bytes = b""  # hooks with this in them are not taken before `released`
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: web.Request) -> web.Response:
        hook = Hook(await request.read(), request.headers["Sandbox-Signature"])
        if self.hanging and self.hanging in hook.body:
            await self.released.wait()
        status = 400 if not hook.is_genuine else self.answers.pop(0) if self.answers else 200
        if self.on_hook is not None:
            self.on_hook(hook)
        async with self._arrived:
            self.hooks.append(hook)
            self._arrived.notify_all()
        return web.Response(status=status)

    async def wait_for(self, count: int, subject: str = "") -> list[Hook]:
        """Return the hooks that mention `subject` once there are `count` of them."""

        def about() -> list[Hook]:
            return [hook for hook in self.hooks if subject.encode() in hook.body]

        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: len(about()) >= count), 20)
        return about()

    def types(self, subject: str) -> list[str]:
        return [hook.event["type"] for hook in self.hooks if subject.encode() in hook.body]


def free_socket() -> socket.socket:
    """Return a bound socket on a free port."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


@contextlib.asynccontextmanager
async def served(application: Any, bound: socket.socket) -> AsyncIterator[str]:
    """Serve an ASGI application on `bound`; yield its address."""
    config = uvicorn.Config(application, log_level="warning", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # pytest keeps its own handlers
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells nobody when it has started
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Process:
    """A provider in a process of its own, as `jangteo serve` runs it; it can be killed and started again."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        with free_socket() as port:
            number = port.getsockname()[1]
        self.url = f"http://127.0.0.1:{number}"
        self._command = [sys.executable, "-c", f"from {module} import main; main()"]
        self._environment = os.environ | environment | {"JANGTEO_PORT": str(number), "JANGTEO_BUS_URL": "none://"}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(*self._command, env=self._environment)
        async with aiohttp.ClientSession() as session, asyncio.timeout(30):
            while not await self._is_ready(session):  # noqa: ASYNC110 - another process sets no event here
                await asyncio.sleep(0.05)

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, wait for the end, return the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        assert self._process is not None
        assert self._process.returncode is None
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{self.url}/health/ready") as response:
                return response.status == 200
        return False


@pytest.fixture
async def process() -> AsyncIterator[Callable[[str, dict[str, str]], Process]]:
    """How a test makes a process; whatever is left is killed."""
    made: list[Process] = []

    def make(module: str, environment: dict[str, str]) -> Process:
        made.append(Process(module, environment))
        return made[-1]

    yield make
    for each in made:
        await each.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A running webhook endpoint."""
    endpoint = Receiver()
    application = web.Application()
    application.router.add_post("/hooks", endpoint.receive)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    bound = free_socket()
    await web.SockSite(runner, bound).start()
    endpoint.url = f"http://127.0.0.1:{bound.getsockname()[1]}/hooks"
    yield endpoint
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with no patience limit of its own."""
    async with aiohttp.ClientSession() as session:
        yield session


async def poll(probe: Callable[[], Awaitable[Found]], good: Callable[[Found], bool] = bool) -> Found:
    """Ask `probe` again and again until what it finds is `good`; fail after half a minute."""
    async with asyncio.timeout(30):
        while not good(found := await probe()):  # noqa: ASYNC110 - what is asked lives in another process
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    """How a test waits for something that nobody announces."""
    return poll


@pytest.fixture
def serve() -> Callable[[Any, socket.socket], contextlib.AbstractAsyncContextManager[str]]:
    """How a test serves an application."""
    return served


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """A free port, bound."""
    with free_socket() as port:
        yield port


@pytest.fixture
def free_port() -> int:
    """The number of a port that nobody listens on."""
    with free_socket() as port:
        number: int = port.getsockname()[1]
        return number
