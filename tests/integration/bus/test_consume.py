"""What a consumer may rely on, whatever the broker."""

import asyncio

import pytest

from jangteo.kit import bus
from jangteo.kit.errors import Unavailable


async def test_a_published_message_is_handled_once_with_all_its_parts(connect, kind, group, until):
    one = await connect()
    seen = []

    async def handler(delivery):
        seen.append((delivery.id, delivery.type, delivery.key, delivery.body, delivery.attempt))

    await one.consume(group, [kind], handler)
    await one.publish([bus.Outgoing("id-1", kind, "주문-7", "본문".encode())])
    await until(lambda: seen)
    await asyncio.sleep(0.3)
    assert seen == [("id-1", kind, "주문-7", "본문".encode(), 1)]


async def test_messages_published_before_the_group_exists_are_handled(connect, kind, group, message, until):
    one = await connect()
    await one.publish([message(n) for n in range(100)])
    seen = []

    async def handler(delivery):
        seen.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await until(lambda: len(seen) == 100)


async def test_the_same_id_published_twice_does_not_lose_anything(connect, kind, group, message, until):
    one = await connect()
    seen = []

    async def handler(delivery):
        seen.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await one.publish([message(1), message(2)])
    await one.publish([message(1), message(2), message(3)])
    await until(lambda: set(seen) == {1, 2, 3})


async def test_messages_of_one_key_are_handled_in_order_and_one_at_a_time(connect, kind, group, message, until):
    one = await connect()
    seen: dict[str, list[int]] = {}
    busy: set[str] = set()

    async def handler(delivery):
        assert delivery.key not in busy
        busy.add(delivery.key)
        await asyncio.sleep(0.001 * (int(delivery.body) % 3))
        busy.discard(delivery.key)
        seen.setdefault(delivery.key, []).append(int(delivery.body))

    await one.publish([message(n, f"key-{n % 5}") for n in range(200)])
    await one.consume(group, [kind], handler)
    await until(lambda: sum(map(len, seen.values())) == 200)
    assert all(numbers == sorted(numbers) for numbers in seen.values())


async def test_different_keys_are_handled_at_the_same_time_up_to_the_limit(connect, kind, group, message, until):
    one = await connect()
    running = most = done = 0
    together = asyncio.Event()

    async def handler(_):
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        if running == 4:
            together.set()
        async with asyncio.timeout(10):
            await together.wait()
        running -= 1
        done += 1

    await one.publish([message(n) for n in range(12)])
    await one.consume(group, [kind], handler, concurrency=4)
    await until(lambda: done == 12)
    assert most == 4


async def test_unavailable_is_tried_again_without_holding_up_other_keys(connect, kind, group, message, until):
    one = await connect()
    tries, others = [], []

    async def handler(delivery):
        if delivery.key != "slow":
            others.append(int(delivery.body))
            return
        tries.append(delivery.attempt)
        if len(others) < 30 or len(tries) < 4:
            raise Unavailable

    await one.consume(group, [kind], handler, concurrency=2)
    await one.publish([message(0, "slow")])
    await until(lambda: len(tries) >= 2)
    await one.publish([message(n) for n in range(1, 31)])
    await until(lambda: len(tries) >= 4 and len(others) == 30)
    assert tries == list(range(1, len(tries) + 1))
    assert await one.parked(group) == []


async def test_the_next_message_of_a_key_waits_for_the_one_that_is_tried_again(connect, kind, group, message, until):
    one = await connect()
    seen = []

    async def handler(delivery):
        if int(delivery.body) == 0 and delivery.attempt < 3:
            raise Unavailable
        seen.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await one.publish([message(n, "same") for n in range(3)])
    await until(lambda: len(seen) == 3)
    assert seen == [0, 1, 2]


async def test_many_more_messages_than_slots_may_wait_while_others_are_handled(connect, kind, group, message, until):
    one = await connect()
    broken = True
    seen = set()

    async def handler(delivery):
        if broken and int(delivery.body) < 300:
            raise Unavailable
        seen.add(int(delivery.body))

    await one.consume(group, [kind], handler, concurrency=4)
    await one.publish([message(n) for n in range(350)])
    await until(lambda: len(seen) == 50)
    broken = False
    await until(lambda: len(seen) == 350, 60)


async def test_a_type_added_to_a_group_is_handled_from_then_on(connect, kind, group, until):
    one = await connect()
    seen = []

    async def handler(delivery):
        seen.append(delivery.type)

    first = await one.consume(group, [kind], handler)
    await first.stop()
    await one.consume(group, [kind, f"{kind}.more"], handler)
    await one.publish([bus.Outgoing("a", f"{kind}.more", "k", b""), bus.Outgoing("b", kind, "k", b"")])
    await until(lambda: len(seen) == 2)
    assert seen == [f"{kind}.more", kind]


async def test_one_process_cannot_consume_twice_for_a_group(connect, kind, group):
    one = await connect()

    async def handler(_):
        pass

    await one.consume(group, [kind], handler)
    with pytest.raises(ValueError, match=group):
        await one.consume(group, [kind], handler)


async def test_groups_each_get_every_message(connect, kind, group, message, until):
    one = await connect()
    seen = []

    def handler(name):
        async def handle(delivery):
            seen.append((name, int(delivery.body)))

        return handle

    for name in ("a", "b"):
        await one.consume(f"{group}-{name}", [kind], handler(name))
    await one.publish([message(1), message(2)])
    await until(lambda: len(seen) == 4)
    assert sorted(seen) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
