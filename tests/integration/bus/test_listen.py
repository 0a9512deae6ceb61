"""Broadcasts: live, to everybody, and with a word when something may have been missed."""

import asyncio


async def test_every_listener_hears_every_message_from_now_on(connect, kind, message, until):
    one, two = await connect(), await connect()
    await one.publish([message(0)])
    heard: dict[str, list[tuple]] = {"one": [], "two": []}

    def handler(name):
        async def handle(delivery):
            heard[name].append((delivery.id, delivery.type, delivery.key, delivery.body, delivery.attempt))

        return handle

    await one.listen([kind], handler("one"))
    await two.listen([kind, f"{kind}.other"], handler("two"))
    await one.publish([message(1), message(2)])
    await until(lambda: len(heard["one"]) == len(heard["two"]) == 2)
    expected = [(f"{kind}-{n}", kind, f"key-{n}", str(n).encode(), 1) for n in (1, 2)]
    assert heard == {"one": expected, "two": expected}


async def test_a_listener_hears_what_comes_after_it_even_where_the_broker_stood_still_meanwhile(
    broker, connect, kind, message, until
):
    one, two = await connect(), await connect()
    heard = []

    async def handler(delivery):
        heard.append(int(delivery.body))

    broker.pause()
    try:
        listening = asyncio.create_task(one.listen([kind], handler))
        await asyncio.sleep(2.2)  # longer than a listener waits before it takes another connection
    finally:
        broker.resume()
    await listening
    await two.publish([message(1)])
    await until(lambda: heard == [1])


async def test_a_listener_that_fails_hears_the_next_message(connect, kind, message, until):
    one = await connect()
    heard = []

    async def handler(delivery):
        heard.append(int(delivery.body))
        if len(heard) == 1:
            raise ValueError("once")

    await one.listen([kind], handler)
    await one.publish([message(1), message(2)])
    await until(lambda: heard == [1, 2])


async def test_a_stopped_listener_hears_nothing(connect, kind, message, until):
    one = await connect()
    heard, others = [], []

    def handler(into):
        async def handle(delivery):
            into.append(int(delivery.body))

        return handle

    listening = await one.listen([kind], handler(heard))
    await one.listen([kind], handler(others))
    await listening.stop()
    await one.publish([message(1)])
    await until(lambda: others == [1])
    assert heard == []


async def test_a_listener_is_told_of_a_gap_and_hears_again(broker, connect, kind, message, until, publish_stubbornly):
    one = await connect()
    heard, gaps = [], []

    async def handler(delivery):
        heard.append(int(delivery.body))

    async def on_reconnect():
        gaps.append(len(heard))

    await one.listen([kind], handler, on_reconnect=on_reconnect)
    await one.publish([message(1)])
    await until(lambda: heard == [1])
    assert gaps == []
    broker.kill()
    broker.start()
    await until(lambda: gaps == [1])
    await publish_stubbornly(one, [message(2)])
    await until(lambda: 2 in heard)
