"""A network that can be spoilt: a TCP proxy between each service and each server, invisible until the dice say so.

What it does to the bytes is what a bad network does to them, seen from the ends: they come late, some or all of
them after a silence, or the connection breaks in the middle of an answer. It loses no single byte, because
TCP does not either.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

HOST = "127.0.0.1"
_DIAL_AGAIN_SECONDS = 0.1


class Weather:
    """How one wire is just now; fair until somebody changes it."""

    def __init__(self, dice: random.Random) -> None:
        self.delay = 0.0  # seconds that every chunk takes longer
        self.cut = 0.0  # chance that a chunk of an answer is the connection's last, and arrives by half
        self.dark = False  # nothing gets through, in either direction, until it is over
        self.dice = dice
        self.passed = 0  # chunks that were spoilt


class Wire:
    """A port of its own that leads to the port of a server, which may be known only later."""

    def __init__(self, name: str, target: Callable[[], int], dice: random.Random) -> None:
        self.name, self.weather = name, Weather(dice)
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._ends: set[_End] = set()

    async def open(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(self), HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def clear(self) -> None:
        """Be fair again; what was held back arrives now."""
        self.weather.delay, self.weather.cut, self.weather.dark = 0.0, 0.0, False
        for end in list(self._ends):
            end.flush()

    def close(self) -> None:
        """Hang up everything."""
        if self._server is not None:
            self._server.close()
        for end in list(self._ends):
            end.abort()

    async def dial(self, near: "_End") -> None:
        """Connect `near` to the server, once the wire lets anything through. Hangs up where nobody listens there."""
        while self.weather.dark:  # noqa: ASYNC110  (set back by whoever spoilt it)
            await asyncio.sleep(_DIAL_AGAIN_SECONDS)
        await asyncio.sleep(self.weather.delay)
        try:
            await asyncio.get_running_loop().create_connection(lambda: _End(self, near), HOST, self._target())
        except OSError:
            near.abort()

    def joined(self, end: "_End") -> None:
        """Keep an end, to hang up later."""
        self._ends.add(end)

    def left(self, end: "_End") -> None:
        """Forget an end."""
        self._ends.discard(end)


class _End(asyncio.Protocol):
    """One connection with one party; what it reads is written to its `peer`, when the weather allows."""

    def __init__(self, wire: Wire, near: "_End | None" = None) -> None:
        self._wire, self._peer = wire, near
        self._is_server = near is not None
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._dialing: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wire.joined(self)
        if self._peer is None:
            self._dialing = self._loop.create_task(self._wire.dial(self))
        else:
            self._peer.meet(self)

    def meet(self, peer: "_End") -> None:
        """The server answered: what came meanwhile goes there."""
        self._peer = peer
        if self._transport is None or self._transport.is_closing():
            peer.abort()
        self.flush()

    def data_received(self, data: bytes) -> None:
        weather, now = self._wire.weather, self._loop.time()
        if weather.cut and self._is_server and weather.dice.random() < weather.cut:
            weather.passed += 1
            self._hand_over(data[: len(data) // 2])
            self._cut()
            return
        if weather.delay or weather.dark:
            weather.passed += 1
        elif not self._waiting and self._peer is not None:
            self._hand_over(data)
            return
        last = self._waiting[-1][0] if self._waiting else now
        self._waiting.append((max(last, now + weather.delay), data))
        self._schedule()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._wire.left(self)
        if self._dialing is not None:
            self._dialing.cancel()
        peer, self._peer = self._peer, None
        if peer is not None:
            if peer._transport is not None and not self._wire.weather.dark:
                for _, data in self._waiting:
                    with suppress(RuntimeError):
                        peer._transport.write(data)
                peer._transport.close()
            else:
                peer.abort()
        if self._timer is not None:
            self._timer.cancel()

    def flush(self) -> None:
        """Hand over what is due, or all of it in fair weather."""
        self._timer = None
        weather = self._wire.weather
        if weather.dark or self._peer is None:
            return
        due = self._loop.time() if weather.delay else float("inf")
        while self._waiting and self._waiting[0][0] <= due:
            self._hand_over(self._waiting.popleft()[1])
        self._schedule()

    def abort(self) -> None:
        """Break the connection with this party, as a reset does."""
        if self._transport is not None:
            self._transport.abort()

    def _schedule(self) -> None:
        if self._waiting and self._timer is None and self._peer is not None and not self._wire.weather.dark:
            self._timer = self._loop.call_at(self._waiting[0][0], self.flush)

    def _hand_over(self, data: bytes) -> None:
        if self._peer is not None and self._peer._transport is not None:
            self._peer._transport.write(data)

    def _cut(self) -> None:
        peer = self._peer
        if peer is not None and peer._transport is not None:
            peer._transport.close()
        self.abort()


class Network:
    """The wires of a mall: opened before it starts, so that its services can be told their ports."""

    def __init__(self, wires: Iterable[Wire]) -> None:
        self.wires = {wire.name: wire for wire in wires}

    async def __aenter__(self) -> "Network":
        for wire in self.wires.values():
            await wire.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for wire in self.wires.values():
            wire.close()

    def to(self, server: str) -> list[Wire]:
        """Return the wires that lead to `server`."""
        return [wire for name, wire in self.wires.items() if name.endswith(f">{server}")]
