"""One process's connection to NATS, made again for as long as it takes, each time from nothing.

The client's own reconnection is not used: it replays whatever was buffered (stale pull requests among it)
into the new connection, and gives up for ever after an authorisation error. Here a lost connection is thrown
away, a new one is made, and whoever needs something on it sets that up in a hook.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import nats.errors
from nats.aio.client import Client, Server

from jangteo.kit.bus.backoff import pause
from jangteo.kit.bus.interface import BrokerUnavailable

log = logging.getLogger(__name__)

TROUBLE = (OSError, nats.errors.Error, TimeoutError, BrokerUnavailable)
"""What a connection that is going away, or a server that is not ready, makes a call raise."""

DIAL_SECONDS = 4.0
NEXT_SECONDS = 30.0
LONGEST_PAUSE = 5.0
STEADY_SECONDS = 10.0
NEVER = timedelta(days=365).total_seconds()


def _stay_down(servers: list[Server], _info: dict[str, object]) -> tuple[Server | None, float]:
    return servers[0], NEVER


class Link:
    """A connection that comes and goes; hooks run on every new one before anybody else may use it."""

    def __init__(self, servers: list[str], name: str) -> None:
        self._servers = servers
        self._name = name
        self._client: Client | None = None
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._hooks: list[Callable[[Client], Awaitable[None]]] = []
        self._down_hooks: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._last_error = "not connected yet"

    @property
    def current(self) -> Client | None:
        """The live connection, or None."""
        return self._client

    def on_up(self, hook: Callable[[Client], Awaitable[None]]) -> None:
        """Run `hook` on every new connection; if it raises, the connection is dropped and made again."""
        self._hooks.append(hook)

    async def join(self, hook: Callable[[Client], Awaitable[None]]) -> None:
        """Run `hook` on the present connection, if there is one, and on every later one.

        Where the present one is lost over it, this waits for the next, so that the hook has run on return; but not
        for a broker that stays away.
        """
        self._hooks.append(hook)
        if (client := self._client) is None:
            return
        try:
            await hook(client)
        except TROUBLE as error:
            self._last_error = str(error)
            self.drop(client)
            await self._next(client)

    async def _next(self, former: Client) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NEXT_SECONDS):
                while self._client is None or self._client is former:  # noqa: ASYNC110 - `_up` may be the former's
                    await asyncio.sleep(0.01)

    def off_up(self, hook: Callable[[Client], Awaitable[None]]) -> None:
        """Forget a hook."""
        with contextlib.suppress(ValueError):
            self._hooks.remove(hook)

    def on_down(self, hook: Callable[[], None]) -> None:
        """Call `hook` when the connection is lost."""
        self._down_hooks.append(hook)

    async def start(self, wait: float) -> None:
        """Begin connecting; return when connected or after `wait` seconds, whichever is first."""
        self._task = asyncio.create_task(self._run(), name=f"nats {self._name}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._up.wait(), wait)

    async def client(self, wait: float = 5.0) -> Client:
        """Return the live connection; raises `Unavailable` when there is none within `wait` seconds."""
        if self._client is not None:
            return self._client
        if self._task is None or self._task.done():
            raise BrokerUnavailable(reason="closed")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._up.wait(), wait)
        if self._client is None:
            raise BrokerUnavailable(reason=self._last_error)
        return self._client

    def drop(self, client: Client) -> None:
        """Give up this connection, unless it is gone already; a new one is made."""
        if client is self._client or self._client is None:
            self._lost.set()

    async def settle(self, client: Client, seconds: float = 2.0) -> None:
        """Return when the server has taken everything sent so far; raises `Unavailable` after `seconds`."""
        try:
            await client.flush(timeout=seconds)  # type: ignore[arg-type]  # nats-py says int, and takes any number
        except TROUBLE as error:
            # An answer that comes after the client gave up on it ends the client's reading, without a word.
            self.drop(client)
            raise BrokerUnavailable(reason=str(error)) from error

    async def close(self) -> None:
        """Hang up for good."""
        client, self._client = self._client, None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.flush(), 2)
            await self._discard(client)
        for hook in self._down_hooks:
            hook()

    async def _run(self) -> None:
        failures = 0
        while True:
            client = await self._dial()
            if client is None:
                failures += 1
                level = logging.WARNING if failures in (3, 30) or failures % 300 == 0 else logging.DEBUG
                log.log(level, "NATS does not answer: %s", self._last_error)
                await asyncio.sleep(pause(failures, longest=LONGEST_PAUSE))
                continue
            self._client = client
            began = time.monotonic()
            self._up.set()
            await self._lost.wait()
            log.warning("the connection to NATS is lost: %s", self._last_error)
            self._up.clear()
            self._client = None
            for hook in self._down_hooks:
                hook()
            await self._discard(client)
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            await asyncio.sleep(pause(failures, longest=LONGEST_PAUSE) if failures else 0)

    async def _dial(self) -> Client | None:
        client = Client()
        lost = self._lost = asyncio.Event()

        async def note(error: Exception) -> None:
            self._last_error = str(error) or type(error).__name__
            if isinstance(error, nats.errors.SlowConsumerError):
                # A message was thrown away unseen: starting over is the only way to tell every listener.
                lost.set()
            log.debug("NATS: %s", self._last_error)

        async def gone() -> None:
            lost.set()

        up = False
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                await client.connect(
                    self._servers,
                    name=self._name,
                    error_cb=note,
                    disconnected_cb=gone,
                    closed_cb=gone,
                    reconnect_to_server_handler=_stay_down,
                    reconnect_time_wait=1,
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    ping_interval=5,
                    skip_subject_validation=True,
                )
            for hook in list(self._hooks):
                await hook(client)
            up = not lost.is_set()
        except TROUBLE as error:
            self._last_error = str(error) or self._last_error
        finally:
            # Also when cancelled: a connection half made must not outlive this link.
            if not up:
                await self._discard(client)
        return client if up else None

    async def _discard(self, client: Client) -> None:
        # Closing a connection that is broken already may raise anything its transport raises, and then leaves
        # the tasks of its subscriptions behind.
        subscriptions = list(client._subs.values())
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.close(), 2)
        for subscription in subscriptions:
            subscription._stop_processing()
