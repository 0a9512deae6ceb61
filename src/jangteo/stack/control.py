"""The supervisor's control socket: one JSON line asks, JSON lines answer. Whoever may enter the folder may command."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SOCKET = "control"
Answer = dict[str, Any]
Handler = Callable[[Answer], AsyncIterator[Answer]]


@contextmanager
def short_address(folder: Path) -> Iterator[str]:
    """Lend a path to the socket in `folder` that fits into the 107 bytes that a socket's address may have."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


async def listen(folder: Path, handler: Handler, answering: set[asyncio.Task[None]]) -> asyncio.Server:
    """Serve `handler` on the socket in `folder`; each answer is one line. `answering` holds what is still talking."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a server's callback is a task)
        answering.add(task)
        task.add_done_callback(answering.discard)
        try:
            async for answer in handler(json.loads(await reader.readline())):
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            return  # it hung up, or does not speak our language
        finally:
            writer.close()

    (folder / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with short_address(folder) as address:
        listener.bind(address)
    os.chmod(folder / SOCKET, 0o600)
    return await asyncio.start_unix_server(serve, sock=listener)


def ask(folder: Path, question: Answer, timeout: float | None = None) -> Iterator[Answer]:
    """Send `question` to the supervisor of `folder` and yield its answers until it hangs up.

    Raises OSError where nobody listens. `timeout` is for each answer, in seconds.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        with short_address(folder) as address:
            client.connect(address)
        client.sendall(json.dumps(question).encode() + b"\n")
        with client.makefile("rb") as lines:
            for line in lines:
                yield json.loads(line)
