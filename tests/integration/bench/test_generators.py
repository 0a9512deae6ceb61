"""Real generators against a real server: who waits for whom in each kind of loop, and that no failure looks fast."""

import asyncio
import os
import signal

import pytest
from aiohttp import web

from bench.calls import DETAIL, LIST, LOG_IN, Person, Wares
from bench.load.crew import Crew, GeneratorFailed

WARES = Wares(["bags"], ["p1"], ["S-1"], [Person(f"{number}@example.test", "token", "card") for number in range(6)])


class Counter:
    """A server that answers once `gate` is open, and knows how many were waiting at the same time."""

    def __init__(self, opens_at=0):
        self.gate = asyncio.Event()
        self.opens_at = opens_at
        self.waiting = self.most = 0
        self.bodies = []

    async def answer(self, request):
        self.bodies.append(await request.text())
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        if self.most >= self.opens_at:
            self.gate.set()
        await self.gate.wait()
        self.waiting -= 1
        return web.json_response({"ok": True})


async def refuse(request):
    return web.json_response({"code": "stock.insufficient", "detail": "none left"}, status=409)


@pytest.fixture
async def serve():
    """Start a server with one handler for everything; give its address."""
    runners = []

    async def start(handler):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture(scope="module")
def crew():
    with Crew(2) as crew:
        yield crew


async def drive(crew, url, asked, **how):
    return await asyncio.to_thread(crew.drive, url, asked.name, WARES, **{"seconds": 1.0, "buyers": 3, **how})


async def test_in_a_closed_loop_no_more_calls_are_under_way_than_there_are_buyers(crew, serve):
    counter = Counter(opens_at=3)
    done = await drive(crew, await serve(counter.answer), LIST)
    assert counter.most == 3
    assert done.errors == 0
    assert len(done.times_ms) == len(counter.bodies) > 3
    assert done.times_ms == sorted(done.times_ms)
    assert done.cpu_seconds > 0


async def test_in_an_open_loop_calls_arrive_though_nobody_has_been_answered_yet(crew, serve):
    # Nobody is answered before twelve are waiting: with three buyers who wait, that would never be.
    counter = Counter(opens_at=12)
    done = await drive(crew, await serve(counter.answer), DETAIL, rate=60.0)
    assert counter.most >= 12
    assert len(done.times_ms) == len(counter.bodies)
    assert done.errors == 0


async def test_a_refusal_is_an_error_with_its_reason_and_never_an_answer(crew, serve):
    done = await drive(crew, await serve(refuse), LIST)
    assert done.times_ms == []
    assert done.errors > 0
    assert done.faults == ["409 stock.insufficient: none left"]


async def test_a_mall_that_is_not_there_is_an_error(crew):
    done = await drive(crew, "http://127.0.0.1:9", LIST)
    assert done.times_ms == []
    assert done.errors > 0
    assert "no answer" in done.faults[0]


async def test_every_buyer_is_another_member(crew, serve):
    counter = Counter()
    await drive(crew, await serve(counter.answer), LOG_IN, buyers=6)
    assert {person.email for person in WARES.people} == {
        email for person in WARES.people for body in counter.bodies if (email := person.email) in body
    }


async def test_a_generator_that_dies_ends_the_measurement_with_words(serve):
    url = await serve(Counter().answer)
    with Crew(1) as crew:
        os.kill(crew.pids[0], signal.SIGKILL)
        with pytest.raises(GeneratorFailed, match="ended with -9"):
            await drive(crew, url, LIST)
