"""What is promised when the broker goes away: everything confirmed is there when it is back."""

import asyncio

import pytest

from jangteo.kit.errors import Unavailable


def collect(seen: list[int]):
    """A handler that notes numbers."""

    async def handler(delivery):
        seen.append(int(delivery.body))

    return handler


async def test_nothing_confirmed_is_lost_when_the_broker_is_killed(
    broker, connect, kind, group, message, until, publish_stubbornly
):
    publisher, consumer = await connect("publisher"), await connect("consumer", redelivery=2.0)
    seen: list[int] = []
    await consumer.consume(group, [kind], collect(seen))
    confirmed: list[int] = []

    async def publish() -> None:
        for start in range(0, 3000, 10):
            numbers = range(start, start + 10)
            await publish_stubbornly(publisher, [message(n) for n in numbers])
            confirmed.extend(numbers)
            await asyncio.sleep(0.001)

    publishing = asyncio.create_task(publish())
    for threshold in (500, 1500):
        await until(lambda threshold=threshold: len(confirmed) > threshold)
        broker.kill()
        await asyncio.sleep(0.3)
        broker.start()
    await publishing
    await until(lambda: set(seen) == set(confirmed), 60)
    assert len(confirmed) == 3000


async def test_messages_in_hand_when_the_broker_is_killed_are_finished_and_not_handled_again(
    broker, connect, kind, group, message, until, publish_stubbornly
):
    one = await connect(redelivery=2.0)
    started, finished = [], []
    go = asyncio.Event()

    async def handler(delivery):
        started.append(int(delivery.body))
        await go.wait()
        finished.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await one.publish([message(n) for n in range(5)])
    await until(lambda: len(started) == 5)
    broker.kill()
    broker.start()
    await publish_stubbornly(one, [message(5)])
    go.set()
    await until(lambda: len(finished) == 6)
    await asyncio.sleep(4)
    assert sorted(started) == [0, 1, 2, 3, 4, 5]


async def test_a_process_may_start_before_the_broker(
    broker,
    connect,
    kind,
    group,
    message,
    until,
    publish_stubbornly,
):
    broker.kill()
    one = await connect(wait=0.1)
    with pytest.raises(Unavailable):
        await one.check()
    seen, heard = [], []
    await one.consume(group, [kind], collect(seen))
    await one.listen([kind], collect(heard))
    publishing = asyncio.create_task(publish_stubbornly(one, [message(1)]))
    await asyncio.sleep(0.2)
    broker.start()
    await publishing
    await until(lambda: seen == [1] and heard == [1])
    await one.check()


async def test_publish_says_unavailable_while_the_broker_is_away(broker, connect, message, publish_stubbornly):
    one = await connect()
    await one.publish([message(1)])
    broker.kill()
    try:
        with pytest.raises(Unavailable):
            await one.publish([message(2)])
        with pytest.raises(Unavailable):
            await one.check()
    finally:
        broker.start()
    await publish_stubbornly(one, [message(2)])


async def test_a_bus_that_never_found_its_broker_closes_in_peace(broker, connect, kind, group):
    broker.kill()
    try:
        one = await connect(wait=0.05)
        subscription = await one.consume(group, [kind], collect([]))
        await one.listen([kind], collect([]))
        await subscription.stop()
        await one.consume(group, [kind], collect([]))
        await one.close()
        with pytest.raises(Unavailable):
            await one.check()
    finally:
        broker.start()
