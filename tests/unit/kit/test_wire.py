"""Calls over kept connections: whole answers, or a plain word that there is none, whatever the other side does."""

import asyncio
import contextlib

import pytest
import uvloop

from jangteo.kit.http.wire import ConnectionLost, Wire, open_wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request with the next of `answers`, in the pieces given; None hangs up, ... says nothing."""

    def __init__(self) -> None:
        self.answers = []
        self.requests = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
                self.requests.append(head + await reader.readexactly(int(length or 0)))
                for piece in self.answers.pop(0) if self.answers else [OK]:
                    if piece is None:
                        return
                    if piece is ...:
                        await asyncio.sleep(3600)
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)


@pytest.fixture
async def server():
    playing = Server()
    listening = await asyncio.start_server(playing.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    playing.url = f"http://127.0.0.1:{port}"
    yield playing
    listening.close()


@pytest.fixture
async def wire():
    async with open_wire(seconds=0.5, connect_seconds=0.2) as opened:
        yield opened


async def test_one_connection_serves_calls_that_follow_each_other(server, wire):
    for _ in range(5):
        answer = await wire.call("POST", server.url, "/things", {"A": "1"}, b"body")
        assert answer == (200, b"ok")
    host = server.url.removeprefix("http://").encode()
    request = b"POST /things HTTP/1.1\r\nHost: " + host + b"\r\nA: 1\r\nContent-Length: 4\r\n\r\nbody"
    assert (server.connections, server.requests) == (1, [request] * 5)


async def test_calls_at_the_same_time_have_a_connection_each_and_their_own_answer(server, wire):
    async def ask(number):
        server.answers.append([b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", b"\r\nwo", b"rd"])
        return await wire.call("GET", server.url, f"/{number}", {})

    assert await asyncio.gather(*(ask(number) for number in range(20))) == [(200, b"word")] * 20
    assert server.connections == 20
    assert len({request.split()[1] for request in server.requests}) == 20


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        ([b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"], 404, b""),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b""),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc", b"\r\n2\r\nde\r\n0\r\n\r\n"],
            200,
            b"abcde",
        ),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], 200, b"ok"),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", None], 200, b"ok"),
    ],
)
async def test_answers_of_any_form_are_read_to_their_end_and_the_next_call_is_answered_too(
    server, wire, pieces, status, body
):
    server.answers = [pieces]
    assert await wire.call("GET", server.url, "/", {}) == (status, body)
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")


@pytest.mark.parametrize(
    "pieces",
    [[None], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", None], [b"220 mail.example ESMTP\r\n", ...]],
)
async def test_an_answer_that_does_not_come_whole_is_none(server, wire, pieces):
    server.answers = [pieces]
    with pytest.raises(ConnectionLost):
        await wire.call("GET", server.url, "/", {})
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")


async def test_a_silent_server_is_given_up_and_its_late_answer_is_nobodys(server, wire):
    server.answers = [[...]]
    with pytest.raises(TimeoutError):
        await wire.call("GET", server.url, "/", {})
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")
    assert server.connections == 2


async def test_a_caller_who_gives_up_leaves_no_answer_behind_for_the_next(server, wire):
    server.answers = [[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ...]]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire.call("GET", server.url, "/", {})
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")


async def test_what_nobody_asked_for_is_not_taken_for_the_answer_to_the_next_call(server, wire):
    server.answers = [[OK, OK.replace(b"ok", b"no")]]
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")
    await asyncio.sleep(0.05)
    assert await wire.call("GET", server.url, "/", {}) == (200, b"ok")
    assert server.connections == 2


async def test_nobody_there_is_told_at_once(server, unused_tcp_port, wire):
    with pytest.raises(ConnectionLost):
        await wire.call("GET", f"http://127.0.0.1:{unused_tcp_port}", "/", {})


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: 1", "/a\nX: 1"])
async def test_a_path_cannot_bring_a_header_of_its_own(server, wire, path):
    with pytest.raises(ValueError, match="not a path"):
        await wire.call("GET", server.url, path, {})
    assert server.requests == []


async def test_no_more_calls_than_there_is_room_for_are_under_way(server):
    wire = Wire(seconds=5, connect_seconds=5)
    answers = await asyncio.gather(*(wire.call("GET", server.url, "/", {}) for _ in range(250)))
    wire.close()
    assert answers == [(200, b"ok")] * 250
    assert server.connections <= 100


def test_the_loop_that_services_run_on_carries_it_as_well():
    async def call_twice():
        playing = Server()
        async with await asyncio.start_server(playing.serve, "127.0.0.1", 0) as listening:
            url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            async with open_wire(seconds=5, connect_seconds=1) as wire:
                answers = [await wire.call("POST", url, "/", {}, b"body") for _ in range(2)]
        return answers, playing.connections

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(call_twice()) == ([(200, b"ok")] * 2, 1)
