"""HTTP/1.1 from one service of the mall to another, and nothing else: kept connections, one call at a time on each.

A client that can do everything takes four times the CPU for a call, and every purchase makes half a dozen.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

# Shorter than what a server keeps, so that it seldom hangs up in the moment of the next call.
KEEP_SECONDS = 60.0
MOST_AT_ONCE = 100


class ConnectionLost(Exception):
    """There is no connection, or it broke before the answer was there; whether the call took effect is not known."""


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: bytes


class Wire:
    """Makes calls; of all connections it keeps those that are idle."""

    def __init__(self, *, seconds: float, connect_seconds: float) -> None:
        """A call may take `seconds` in all, of which the making of a connection `connect_seconds`."""
        self._seconds = seconds
        self._connect_seconds = connect_seconds
        self._idle: dict[str, list[_Connection]] = {}
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def call(
        self,
        method: str,
        address: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        told: dict[str, str] | None = None,
    ) -> Answer:
        """Make one call to `address`, such as http://127.0.0.1:8001. Raises ConnectionLost, TimeoutError.

        `told` is filled with the headers of the answer, their names in small letters. A header `Host` takes the place
        of the one that `address` says.
        """
        head = _head(method, address, path, headers, body)
        async with asyncio.timeout(self._seconds), self._room:
            connection = self._kept(address) or await self._open(address)
            try:
                answer = await connection.ask(head if body is None else head + body, told)
            except BaseException:
                connection.close()
                raise
        if connection.is_reusable:
            connection.idle_since = time.monotonic()
            self._idle.setdefault(address, []).append(connection)
        return answer

    def close(self) -> None:
        """Hang up on all idle connections."""
        for connections in list(self._idle.values()):
            for connection in list(connections):
                connection.close()
        self._idle.clear()

    def _kept(self, address: str) -> "_Connection | None":
        connections = self._idle.get(address)
        while connections:
            connection = connections.pop()
            if connection.is_reusable and time.monotonic() - connection.idle_since < KEEP_SECONDS:
                return connection
            connection.close()
        return None

    async def _open(self, address: str) -> "_Connection":
        parts = urlsplit(address)
        tls = parts.scheme == "https"
        loop = asyncio.get_running_loop()

        def forget(connection: _Connection) -> None:
            kept = self._idle.get(address)
            if kept and connection in kept:
                kept.remove(connection)

        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: _Connection(forget),
                    parts.hostname or "",
                    parts.port or (443 if tls else 80),
                    ssl=tls or None,
                )
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(str(error)) from error
        return connection


@asynccontextmanager
async def open_wire(*, seconds: float, connect_seconds: float) -> AsyncIterator[Wire]:
    """Yield what all clients of a process share; its connections are closed at the end."""
    wire = Wire(seconds=seconds, connect_seconds=connect_seconds)
    try:
        yield wire
    finally:
        wire.close()


class _Connection(asyncio.Protocol):
    """One connection, with one call on it at a time."""

    def __init__(self, forget: "Callable[[_Connection], None]") -> None:
        self.idle_since = 0.0
        self.is_reusable = True
        self._forget = forget
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None
        self._told: dict[str, str] | None = None

    async def ask(self, request: bytes, told: dict[str, str] | None = None) -> Answer:
        """Send a request and return its answer, its headers in `told`. Raises ConnectionLost."""
        if self._transport is None or not self.is_reusable:
            raise ConnectionLost("it was closed")
        self._told = told
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; what nobody asked for ends the connection."""
        if self._answer is None or self._answer.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._break(f"not an answer in HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._break(str(exc or "closed by the other side"))
        self._forget(self)

    def on_message_begin(self) -> None:
        """See httptools; a second answer to one question is nobody's."""
        if self._answer is None or self._answer.done():
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        if self._told is not None:
            self._told[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        """See httptools; an interim answer (1xx) is not the one that is waited for."""
        status, pieces = self._parser.get_status_code(), self._pieces
        self._pieces = []
        if status < 200 or self._answer is None or self._answer.done():
            return
        self.is_reusable = self.is_reusable and self._parser.should_keep_alive()
        self._answer.set_result(Answer(status, pieces[0] if len(pieces) == 1 else b"".join(pieces)))
        if not self.is_reusable:
            self.close()

    def _break(self, reason: str) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionLost(reason))


def _head(method: str, address: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return request line and headers. Raises ValueError for what would not stay one line each."""
    host, _, folder = address.partition("://")[2].partition("/")
    path = f"/{folder}{path}" if folder else path
    lines = [f"{method} {path} HTTP/1.1"] + ([] if "Host" in headers else [f"Host: {host}"])
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or " " in path:
        raise ValueError(f"not a path and headers: {path!r}")
    return f"{head}\r\n\r\n".encode("ascii")
