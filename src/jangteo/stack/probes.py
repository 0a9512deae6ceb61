"""Asks a process whether it is ready, in its own protocol and without its client library, which would cost a second."""

import asyncio
import struct
from collections.abc import Callable

from jangteo.stack.ports import HOST

_SECONDS = 2.0
_BIGGEST_ANSWER = 65_536

# OP_MSG {hello: 1, $db: "admin"}
_HELLO_BSON = b"\x10hello\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00"
_HELLO_BODY = b"\x00\x00\x00\x00\x00" + struct.pack("<i", len(_HELLO_BSON) + 5) + _HELLO_BSON + b"\x00"
_HEALTH_REQUEST = f"GET /health/live HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
_HELLO = struct.pack("<iiii", 16 + len(_HELLO_BODY), 1, 0, 2013) + _HELLO_BODY

# A SSLRequest: PostgreSQL answers one byte, S or N, once it accepts connections at all.
_POSTGRES_STARTUP_PROTOCOL = 196_608
_POSTGRES_PARAMETERS = b"user\x00postgres\x00database\x00postgres\x00\x00"
_POSTGRES_STARTUP = struct.pack("!ii", 8 + len(_POSTGRES_PARAMETERS), _POSTGRES_STARTUP_PROTOCOL) + _POSTGRES_PARAMETERS


async def answers(port: int, question: bytes, good: Callable[[bytes], bool]) -> bool:
    """Say whether the server on `port` answers `question` with something `good` within two seconds."""
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(question)
                return good(await reader.read(_BIGGEST_ANSWER))
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def anything(answer: bytes) -> bool:
    """Take any answer as a sign of life."""
    return bool(answer)


async def http_alive(port: int) -> bool:
    """Say whether the HTTP server on `port` answers anything."""
    return await answers(port, _HEALTH_REQUEST, anything)


async def all_answer(*ports: int) -> bool:
    """Say whether the HTTP servers on all `ports` answer anything."""
    return all(await asyncio.gather(*map(http_alive, ports)))


async def http_ok(port: int, path: str) -> bool:
    """Say whether GET `path` is answered with 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    return await answers(port, request, lambda answer: answer[8:12] == b" 200")


async def postgres_ready(port: int) -> bool:
    """Say whether PostgreSQL takes connections: it asks for a password, and does not say that it is starting up."""
    return await answers(port, _POSTGRES_STARTUP, lambda answer: answer[:1] == b"R")


async def postgres_alive(port: int) -> bool:
    """Say whether PostgreSQL answers: also that it is starting up, or that it has too many clients."""
    return await answers(port, _POSTGRES_STARTUP, anything)


async def valkey_ready(port: int, password: str) -> bool:
    """Say whether Valkey serves: it has loaded its data and accepts the password."""
    question = f"AUTH {password}\r\nPING\r\n".encode()
    return await answers(port, question, lambda answer: answer.startswith(b"+OK") and b"LOADING" not in answer)


async def valkey_alive(port: int) -> bool:
    """Say whether Valkey answers, be it that it wants a password."""
    return await answers(port, b"PING\r\n", anything)


async def documents_ready(port: int) -> bool:
    """Say whether the document server answers `hello`."""
    return await answers(port, _HELLO, lambda answer: b"isWritablePrimary" in answer)
