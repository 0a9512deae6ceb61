"""What is promised when a message cannot be handled: nothing is lost and nobody waits."""

import asyncio

import pytest

from jangteo.kit import bus


def collect(seen: list[int]):
    """A handler that notes numbers."""

    async def handler(delivery):
        seen.append(int(delivery.body))

    return handler


async def test_any_other_error_parks_the_message_at_once_and_holds_up_nothing(connect, kind, group, message, until):
    one = await connect()
    seen, tries = [], []

    async def handler(delivery):
        if int(delivery.body) == 1:
            tries.append(delivery.attempt)
            raise KeyError("주문\r\n없음: no such thing, said kim@example.com")
        seen.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await one.publish([message(n, "same") for n in range(4)])
    await until(lambda: len(seen) == 3)
    assert seen == [0, 2, 3]
    assert tries == [1]
    (parked,) = await one.parked(group)
    assert (parked.id, parked.type, parked.key, parked.body) == (f"{kind}-1", kind, "same", b"1")
    assert (parked.group, parked.error, parked.attempts) == (group, "KeyError", 1)
    assert "no such thing, said [email]" in parked.reason


async def five_parked(one: bus.Bus, group: str) -> bool:
    """Whether five messages are parked."""
    return len(await one.parked(group)) == 5


async def test_replay_hands_parked_messages_to_their_group_alone(connect, kind, group, message, until):
    one = await connect()
    broken = True
    seen, others = [], []

    async def handler(delivery):
        if broken:
            raise ValueError("not yet")
        seen.append((delivery.id, delivery.type, delivery.key, int(delivery.body)))

    await one.consume(group, [kind], handler)
    await one.consume(f"{group}-other", [kind], collect(others))
    await one.publish([message(n) for n in range(5)])
    await until(lambda: len(others) == 5)
    await until(lambda: five_parked(one, group))
    assert len(await one.parked(group, limit=2)) == 2
    broken = False
    assert await one.replay(group, [f"{kind}-3", "unknown"]) == 1
    await until(lambda: seen)
    assert seen == [(f"{kind}-3", kind, "key-3", 3)]
    assert sorted(int(parked.body) for parked in await one.parked(group)) == [0, 1, 2, 4]
    assert await one.replay(group) == 4
    await until(lambda: len(seen) == 5)
    assert await one.parked(group) == []
    assert await one.replay(group) == 0
    assert len(others) == 5


async def test_a_replayed_message_that_fails_again_is_parked_again(connect, kind, group, message, until):
    one = await connect()
    tries = []

    async def handler(delivery):
        tries.append(delivery.id)
        raise ValueError("never")

    await one.consume(group, [kind], handler)
    await one.publish([message(1)])
    await until(lambda: len(tries) == 1)
    for count in (2, 3):
        await until(lambda: one.parked(group))
        await one.replay(group)
        await until(lambda count=count: len(tries) == count)
    await until(lambda: one.parked(group))


async def test_a_body_of_10_mb_is_refused_clearly_and_nothing_of_the_batch_is_sent(
    connect, kind, group, message, until
):
    one = await connect()
    sizes = []

    async def handler(delivery):
        sizes.append(len(delivery.body))

    await one.consume(group, [kind], handler)
    large = bus.Outgoing("large", kind, "k", b"x" * 10_000_000)
    with pytest.raises(bus.MessageTooLarge, match="large") as caught:
        await one.publish([message(1), large])
    assert caught.value.params["size"] == 10_000_000
    await one.publish([bus.Outgoing("most", kind, "k", b"7" * bus.MAX_BODY)])
    await until(lambda: sizes)
    assert sizes == [bus.MAX_BODY]


async def test_a_choice_of_parked_messages_is_looked_for_behind_others(connect, kind, group, message, until):
    one = await connect()
    await one.consume(group, [kind], never)
    await one.publish([message(n) for n in range(5)])
    await until(lambda: five_parked(one, group))
    chosen = await one.parked(group, limit=1, only=lambda parked: int(parked.body) >= 3)
    assert [int(parked.body) for parked in chosen] == [3]


async def test_a_discarded_message_is_gone_for_good_and_for_one_only(connect, kind, group, message, until):
    one = await connect()
    await one.consume(group, [kind], never)
    await one.publish([message(n) for n in range(5)])
    await until(lambda: five_parked(one, group))
    counts = await asyncio.gather(*(one.discard(group, [f"{kind}-2", "unknown"]) for _ in range(3)))
    assert sum(counts) == 1
    assert sorted(int(parked.body) for parked in await one.parked(group)) == [0, 1, 3, 4]
    assert await one.discard(group, [f"{kind}-2"]) == 0


async def test_two_who_replay_the_same_disturb_one_another_in_nothing(connect, kind, group, message, until):
    one = await connect()
    broken, seen = True, []

    async def handler(delivery):
        if broken:
            raise ValueError("not yet")
        seen.append(int(delivery.body))

    await one.consume(group, [kind], handler)
    await one.publish([message(n) for n in range(5)])
    await until(lambda: five_parked(one, group))
    broken = False
    await asyncio.gather(*(one.replay(group) for _ in range(3)))
    await until(lambda: set(seen) == set(range(5)))
    assert await one.parked(group) == []


async def test_the_queues_tell_what_waits_what_is_in_hand_and_what_is_parked(connect, kind, group, message, until):
    one = await connect()
    go = asyncio.Event()

    async def handler(delivery):
        if int(delivery.body) == 0:
            raise ValueError("never")
        await go.wait()

    async def standing():
        return next(queue for queue in await one.queues() if queue.group == group)

    await one.consume(group, [kind], handler, concurrency=2)
    await one.publish([message(n, "same") for n in range(40)])

    async def is_held_up():
        queue = await standing()
        return queue.parked == 1 and queue.waiting + queue.in_hand == 39 and queue.in_hand > 0

    await until(is_held_up)
    go.set()

    async def is_done():
        queue = await standing()
        return (queue.waiting, queue.in_hand, queue.parked) == (0, 0, 1)

    await until(is_done)


async def never(delivery):
    raise ValueError("never")
