"""The wires of a chaos run are invisible in fair weather, and spoil a connection as a bad network does otherwise."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bench.chaos.wires import HOST, Wire

QUESTION = b"ping"
ANSWER = b"x" * 1000


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A wire to a server that answers every question with a thousand bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readexactly(len(QUESTION)):
                writer.write(ANSWER)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    wire = Wire("one>server", lambda: server.sockets[0].getsockname()[1], random.Random(1))
    await wire.open()
    yield wire
    wire.close()
    server.close()
    await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def client(wire: Wire) -> AsyncIterator[Any]:
    reader, writer = await asyncio.open_connection(HOST, wire.port)

    async def ask() -> bytes:
        writer.write(QUESTION)
        return await reader.readexactly(len(ANSWER))

    yield ask
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_fair_weather_changes_nothing(wire: Wire) -> None:
    async with client(wire) as ask:
        answers = [await ask() for _ in range(100)]
    assert answers == [ANSWER] * 100
    assert wire.weather.passed == 0


async def test_a_slow_wire_is_late_and_keeps_the_order(wire: Wire) -> None:
    async with client(wire) as ask:
        assert await ask() == ANSWER
        wire.weather.delay = 0.1
        began = time.monotonic()
        assert await ask() == ANSWER
        assert time.monotonic() - began >= 0.2
        wire.clear()
        assert await ask() == ANSWER


async def test_what_a_dark_wire_holds_back_arrives_when_it_is_light_again(wire: Wire) -> None:
    async with client(wire) as ask:
        assert await ask() == ANSWER
        wire.weather.dark = True
        waiting = asyncio.create_task(ask())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        wire.clear()
        assert await waiting == ANSWER


async def test_a_connection_made_in_the_dark_is_answered_in_the_light(wire: Wire) -> None:
    wire.weather.dark = True
    async with client(wire) as ask:
        waiting = asyncio.create_task(ask())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        wire.clear()
        assert await waiting == ANSWER


async def test_a_cut_breaks_the_connection_in_the_middle_of_an_answer(wire: Wire) -> None:
    async with client(wire) as ask:
        wire.weather.cut = 1.0
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await ask()
        wire.clear()
    async with client(wire) as ask:
        assert await ask() == ANSWER
