"""Promises of the NATS adapter beyond the contract: it heals what an operator or a lost disk took away."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import nats
import pytest

from jangteo.kit import bus
from jangteo.kit.bus.nats.janitor import Janitor
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.streams import read_url
from jangteo.kit.errors import Unavailable


@pytest.fixture
def nats_broker(broker):
    """The broker, where it is NATS."""
    if not broker.url.startswith("nats://"):
        pytest.skip("of NATS only")
    return broker


def note_in(ids: list[str]):
    """A handler that notes which messages came."""

    async def handler(delivery):
        ids.append(delivery.id)

    return handler


def collect(seen: list[int]):
    """A handler that notes numbers."""

    async def handler(delivery):
        seen.append(int(delivery.body))

    return handler


async def test_streams_and_consumers_lost_with_the_disk_are_made_again(
    nats_broker, connect, kind, group, message, until, publish_stubbornly
):
    one = await connect()
    seen = []
    await one.consume(group, [kind], collect(seen))
    await one.publish([message(1), message(2)])
    await until(lambda: seen == [1, 2])
    nats_broker.kill()
    shutil.rmtree(nats_broker.folder / "data")
    nats_broker.start()
    await publish_stubbornly(one, [message(3), message(4)])
    await until(lambda: seen == [1, 2, 3, 4])


async def test_a_message_of_a_new_stream_is_not_taken_for_one_of_the_lost_stream(
    nats_broker, connect, kind, group, message, until, publish_stubbornly
):
    one = await connect()
    begun, finished = [], []
    go = asyncio.Event()

    async def handler(delivery):
        begun.append(int(delivery.body))
        await go.wait()
        finished.append(int(delivery.body))

    nats_broker.kill()
    shutil.rmtree(nats_broker.folder / "data")
    nats_broker.start()
    await publish_stubbornly(one, [message(1), message(2)])
    await one.consume(group, [kind], handler)
    await until(lambda: begun == [1, 2])
    nats_broker.kill()
    shutil.rmtree(nats_broker.folder / "data")
    nats_broker.start()
    await publish_stubbornly(one, [message(3), message(4)])
    await until(lambda: begun == [1, 2, 3, 4])
    go.set()
    await until(lambda: sorted(finished) == [1, 2, 3, 4])


async def test_a_consumer_deleted_by_an_operator_is_made_again(nats_broker, connect, kind, group, message, until):
    one = await connect()
    seen = []
    await one.consume(group, [kind], collect(seen))
    operator = await nats.connect(nats_broker.url)
    await operator.jetstream().delete_consumer("JANGTEO", group)
    await operator.close()
    await one.publish([message(1)])
    await until(lambda: seen == [1])


async def test_a_stream_deleted_by_an_operator_is_made_again(
    nats_broker, connect, message, kind, group, until, publish_stubbornly
):
    one = await connect()
    seen = []
    await one.consume(group, [kind], collect(seen))
    operator = await nats.connect(nats_broker.url)
    await operator.jetstream().delete_stream("JANGTEO")
    await operator.close()
    await publish_stubbornly(one, [message(1)])
    await until(lambda: seen == [1])


async def test_a_type_that_only_a_newer_replica_knows_reaches_that_replica(connect, kind, group, message, until):
    older, newer = await connect(), await connect()
    old_seen, new_seen = [], []
    await newer.consume(group, [kind, f"{kind}.new"], collect(new_seen))
    subscription = await older.consume(group, [kind, f"{kind}.new"], collect(old_seen))
    await subscription.stop()
    await older.consume(group, [kind], collect(old_seen))
    # The durable consumer now lacks the new type, until the newer version starts once more: as in a rollout.
    another = await connect()
    await another.consume(group, [kind, f"{kind}.new"], collect(new_seen))
    numbers = range(20)
    await newer.publish([bus.Outgoing(f"{kind}-n{n}", f"{kind}.new", str(n), str(n).encode()) for n in numbers])
    await until(lambda: sorted(new_seen) == list(numbers))
    assert old_seen == []
    assert await newer.parked(group) == []


async def test_a_wrong_password_is_tried_again_until_it_is_right(nats_broker, connect):
    wrong = nats_broker.url.replace("secret", "guess")
    one = await bus.connect(wrong, name="wrong", wait=0.3)
    with pytest.raises(Unavailable):
        await one.check()
    good = nats_broker.config.read_text()
    nats_broker.kill()
    nats_broker.config.write_text(good.replace('"secret"', '"guess"'))
    nats_broker.start()
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    await one.check()
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
    finally:
        await one.close()
        nats_broker.kill()
        nats_broker.config.write_text(good)
        nats_broker.start()


async def stand_still(pid: int, until) -> None:
    """Stop a process and return when the kernel has."""
    os.kill(pid, signal.SIGSTOP)
    await until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")


async def test_a_server_that_stands_still_counts_as_away_and_recovers(
    nats_broker, connect, kind, group, message, until, publish_stubbornly
):
    one = await connect()
    seen = []
    await one.consume(group, [kind], collect(seen))
    listening = await one.listen([f"{kind}.other"], collect([]))
    await stand_still(nats_broker.process.pid, until)
    try:
        with pytest.raises(Unavailable):
            await one.check()
        with pytest.raises(Unavailable):
            await one.publish([message(1)])
        await listening.stop()
    finally:
        nats_broker.process.send_signal(signal.SIGCONT)
    await publish_stubbornly(one, [message(1), message(2)])
    await until(lambda: set(seen) == {1, 2})


async def test_an_answer_that_comes_too_late_does_not_leave_a_deaf_connection(
    nats_broker, connect, kind, group, message, until, publish_stubbornly
):
    one = await connect()
    seen = []
    subscription = await one.consume(group, [kind], collect([]))
    await one.consume(f"{group}-other", [kind], collect(seen))
    await stand_still(nats_broker.process.pid, until)
    try:
        await subscription.stop()
    finally:
        nats_broker.process.send_signal(signal.SIGCONT)
    await publish_stubbornly(one, [message(1)])
    await until(lambda: seen == [1])


async def test_a_stream_that_grew_too_large_loses_only_what_every_group_has_handled(nats_broker, until):
    url = f"{nats_broker.url}?prefix=trimmed&trim_gib=0.001"
    settings = read_url(url)
    link = Link(settings.servers, "janitor")
    await link.start(5)
    one = await bus.connect(url, name="one")
    fast, slow, late, idle = [], [], [], []
    go = asyncio.Event()

    async def waits(delivery):
        if delivery.id == "15":
            await go.wait()
        slow.append(delivery.id)

    try:
        await one.consume("fast", ["a"], note_in(fast))
        await one.consume("slow", ["a"], waits, concurrency=1)
        await one.consume("idle", ["never"], collect(idle))
        janitor = Janitor(link, settings)
        await one.publish([bus.Outgoing("0", "a", "k", b"x")])
        small = await janitor.trim()
        assert small > 0
        await one.publish([bus.Outgoing(str(n), "a", "k", b"x" * 100_000) for n in range(1, 31)])
        await until(lambda: len(fast) == 31 and len(slow) == 15)
        await until(lambda: trimmed_to(janitor, 1_500_000, 1_700_000))
        await one.consume("late", ["a"], note_in(late))
        await until(lambda: len(late) == 16)
        assert late[0] == "15"
        go.set()
        await until(lambda: len(slow) == 31)
        await until(lambda: trimmed_to(janitor, 0, 100_000))
    finally:
        await one.close()
        await link.close()


async def trimmed_to(janitor: Janitor, least: int, most: int) -> bool:
    """Whether trimming leaves so many bytes."""
    return least <= await janitor.trim() <= most
