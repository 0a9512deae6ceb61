"""What is promised when processes share the work, stop, hang or die."""

import asyncio
import sys
import textwrap
from pathlib import Path

import pytest

from jangteo.kit.errors import Unavailable


def collect(seen: list[int]):
    """A handler that notes numbers."""

    async def handler(delivery):
        seen.append(int(delivery.body))

    return handler


async def test_two_replicas_share_the_messages(connect, kind, group, message, until):
    first, second = await connect("replica-1"), await connect("replica-2")
    seen: dict[str, list[int]] = {"first": [], "second": []}

    def handler(name):
        async def handle(delivery):
            await asyncio.sleep(0.005)
            seen[name].append(int(delivery.body))

        return handle

    await first.consume(group, [kind], handler("first"), concurrency=4)
    await second.consume(group, [kind], handler("second"), concurrency=4)
    await first.publish([message(n) for n in range(400)])
    await until(lambda: len(seen["first"]) + len(seen["second"]) >= 400)
    assert sorted(seen["first"] + seen["second"]) == list(range(400))
    assert min(len(seen["first"]), len(seen["second"])) >= 40


async def test_stop_finishes_what_has_begun_and_gives_back_the_rest(connect, kind, group, message, until):
    first, second = await connect(), await connect()
    begun, finished, others = [], [], []
    go = asyncio.Event()

    async def handler(delivery):
        begun.append(int(delivery.body))
        await go.wait()
        finished.append(int(delivery.body))

    subscription = await first.consume(group, [kind], handler, concurrency=3)
    await first.publish([message(n) for n in range(10)])
    await until(lambda: len(begun) == 3)
    await asyncio.sleep(0.1)
    stopping = asyncio.create_task(subscription.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    go.set()
    await stopping
    assert len(finished) == 3
    await second.consume(group, [kind], collect(others))
    await until(lambda: len(others) >= 7, 10)
    await asyncio.sleep(0.2)
    assert sorted(finished + others) == list(range(10))


async def test_stop_gives_back_what_waits_to_be_tried_again(connect, kind, group, message, until):
    first, second = await connect(), await connect()
    tries, others = [], []

    async def handler(delivery):
        tries.append(delivery.attempt)
        raise Unavailable

    subscription = await first.consume(group, [kind], handler)
    await first.publish([message(1)])
    await until(lambda: len(tries) >= 4)
    await subscription.stop()
    await second.consume(group, [kind], collect(others))
    await until(lambda: others == [1], 10)


async def test_close_finishes_messages_in_hand(connect, kind, group, message, until):
    first, second = await connect(), await connect()
    finished, others = [], []
    begun = asyncio.Event()

    async def handler(delivery):
        begun.set()
        await asyncio.sleep(0.3)
        finished.append(int(delivery.body))

    await first.consume(group, [kind], handler)
    await first.publish([message(1)])
    await begun.wait()
    await first.close()
    assert finished == [1]
    with pytest.raises(Unavailable):
        await first.publish([message(2)])
    await second.consume(group, [kind], collect(others))
    await second.publish([message(3)])
    await until(lambda: 3 in others)
    assert others == [3]


async def test_a_handler_that_takes_long_keeps_its_message(connect, kind, group, message, until):
    first, second = await connect(redelivery=1.0), await connect(redelivery=1.0)
    seen = []

    async def handler(delivery):
        seen.append(delivery.attempt)
        await asyncio.sleep(4)

    await first.consume(group, [kind], handler)
    await second.consume(group, [kind], handler)
    await first.publish([message(1)])
    await until(lambda: seen)
    await asyncio.sleep(4.5)
    assert seen == [1]


CRASHING = """
    import asyncio, os, sys
    from jangteo.kit import bus

    async def main(url, group, kind):
        async def handler(delivery):
            print(delivery.attempt, flush=True)
            os.kill(os.getpid(), 9)

        one = await bus.connect(url, name="crashing", redelivery=1.0)
        await one.consume(group, [kind], handler, max_attempts=100)
        await asyncio.sleep(60)

    asyncio.run(main(*sys.argv[1:]))
"""


async def crash_in_handler(folder: Path, url: str, group: str, kind: str) -> str:
    """Let a process die at the hands of a message; return what it printed."""
    script = folder / "crashing.py"
    script.write_text(textwrap.dedent(CRASHING))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, url, group, kind, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == -9
    return output.decode().strip()


async def test_a_message_of_a_process_that_died_is_handed_to_another(connect, kind, group, tmp_path, message, until):
    one = await connect(redelivery=1.0)
    await one.publish([message(1)])
    assert await crash_in_handler(tmp_path, connect.url, group, kind) == "1"
    seen = []

    async def handler(delivery):
        seen.append((int(delivery.body), delivery.attempt))

    await one.consume(group, [kind], handler)
    await until(lambda: seen)
    assert seen == [(1, 2)]


async def test_a_message_that_kills_every_process_is_parked_in_the_end(
    connect,
    kind,
    group,
    tmp_path,
    message,
    until,
):
    one = await connect(redelivery=1.0)
    await one.publish([message(1, "same"), message(2, "same")])
    for attempt in ("1", "2"):
        assert await crash_in_handler(tmp_path, connect.url, group, kind) == attempt
    seen = []
    await one.consume(group, [kind], collect(seen), max_attempts=2)
    parked = await until(lambda: one.parked(group))
    assert {each.error for each in parked} == {"Unanswered"}
    assert 1 in {int(each.body) for each in parked}
    assert 1 not in seen
