"""Valkey goes away and comes back: meanwhile the answer is 503, afterwards the carts are there, without a restart."""

import asyncio
import os
import signal
import socket
import subprocess
import time

import msgspec
import pytest

from jangteo.cart.main import assemble
from jangteo.stack.servers.valkey import _program


class Valkey:
    """A server of the test's own, always on the same port."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        options = ["--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--appendonly", "yes"]
        command = [_program(), *map(str, options), "--save", "", "--appendfsync", "always"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(10).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        pytest.fail("valkey does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def valkey(tmp_path):
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def app(settings, valkey):
    """In place of the session's app: one on a server that may be killed."""
    async with assemble(msgspec.structs.replace(settings, valkey_url=valkey.url)) as application:
        yield application


async def test_carts_outlive_the_death_of_their_server(member, browser, shop, valkey):
    someone, guest = member(), browser()
    for one in (someone, guest):
        assert (await one.add(shop.sell("A-1"), 2)).status_code == 201
    valkey.kill()
    for one in (someone, guest):
        for answer in (await one.call("GET", "/v1/cart"), await one.add("A-1")):
            assert (answer.status_code, answer.json()["code"]) == (503, "valkey.unavailable")
            assert answer.headers["content-type"] == "application/problem+json"
    ready = await guest.call("GET", "/health/ready")
    assert (ready.status_code, ready.json()["checks"]["valkey"]) == (503, "ValkeyUnavailable")
    valkey.start()
    for one in (someone, guest):
        assert (await one.add("A-1")).status_code == 201
        assert await one.quantities() == {"A-1": 3}
    assert (await guest.call("GET", "/health/ready")).status_code == 200


async def test_an_answer_that_got_lost_is_not_done_twice(member, shop, valkey):
    """The server does what it is told, but the connection dies before the answer: the client asks again by itself."""
    someone = member()
    await someone.add(shop.sell("A-1"))
    os.kill(valkey.process.pid, signal.SIGSTOP)
    # Stopped for longer than the client waits, it reads every repetition of the command when it goes on.
    adding = [someone.add("A-1", 2, Idempotency_Key="k"), someone.add("A-1", 3)]
    tasks = [asyncio.create_task(one) for one in adding]
    await asyncio.sleep(4)
    os.kill(valkey.process.pid, signal.SIGCONT)
    answers = await asyncio.gather(*tasks)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await someone.quantities() == {"A-1": 6}
