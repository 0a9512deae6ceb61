"""What a committed transaction says arrives, takes effect once, and survives a broker that is away."""

import asyncio
import contextlib
from typing import ClassVar

import pytest

from jangteo.kit.bus import Bus, Outgoing
from jangteo.kit.errors import Conflict, Unavailable
from jangteo.kit.ids import new_id
from jangteo.kit.inbox import subscribe
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay


class ThingMade(Message, frozen=True, kw_only=True):
    type: ClassVar[str] = "kit.thing_made.v1"
    key: ClassVar[str] = "name"
    name: str


async def eventually(condition):
    for _ in range(400):
        if await condition():
            return
        await asyncio.sleep(0.025)
    raise AssertionError("it did not come to pass within 10 s")


@contextlib.asynccontextmanager
async def relaying(database, bus):
    relay = Relay(database, bus, source="kit")
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


async def waiting_rows(database, tenant):
    async with database.read(tenant) as reader:
        return await reader.fetchval("SELECT count(*) FROM outbox")


async def test_a_message_arrives_and_takes_effect_once_however_often_it_comes(database, bus, tenant):
    group, seen = f"kit-{tenant}", []

    async def on_thing_made(message, transaction):
        if transaction.tenant == tenant:
            seen.append(message.name)

    subscription = await subscribe(bus, database, group, {ThingMade: on_thing_made})
    async with relaying(database, bus):
        async with database.transaction(tenant) as transaction:
            transaction.send(ThingMade(name="a"), ThingMade(name="b"))

        async def arrived():
            return sorted(seen) == ["a", "b"] and await waiting_rows(database, tenant) == 0

        await eventually(arrived)
    await subscription.stop()


async def test_a_rolled_back_transaction_says_nothing(database, bus, tenant):
    async with relaying(database, bus):
        with pytest.raises(Conflict):
            async with database.transaction(tenant) as transaction:
                transaction.send(ThingMade(name="never"))
                raise Conflict()
        assert await waiting_rows(database, tenant) == 0


async def test_a_message_travels_unharmed_whatever_its_key_and_text_contain(database, bus, tenant):
    group, seen, name = f"kit-quotes-{tenant}", [], "a'b\\'; DROP TABLE outbox; -- 한글 $1 \\x00"

    async def on_thing_made(message, transaction):
        if transaction.tenant == tenant:
            seen.append(message.name)

    subscription = await subscribe(bus, database, group, {ThingMade: on_thing_made})
    async with relaying(database, bus):
        async with database.transaction(tenant) as transaction:
            transaction.send(ThingMade(name=name))

        async def arrived():
            return seen == [name] and await waiting_rows(database, tenant) == 0

        await eventually(arrived)
    await subscription.stop()


async def test_a_message_that_cannot_be_stored_takes_its_transaction_along(database, bus, tenant):
    async with relaying(database, bus):
        with pytest.raises(ValueError, match="NUL"):
            async with database.transaction(tenant) as transaction:
                transaction.send(ThingMade(name="fine"), ThingMade(name="not\0fine"))
        assert await waiting_rows(database, tenant) == 0


async def test_the_same_delivery_twice_has_one_effect(database, bus, tenant):
    group, effects = f"kit-twice-{tenant}", []

    async def on_thing_made(message, transaction):
        if transaction.tenant == tenant:
            effects.append(message.name)

    subscription = await subscribe(bus, database, group, {ThingMade: on_thing_made})
    from jangteo.kit.messages import encode

    id = new_id()
    body = encode(ThingMade(name="x"), id=id, source="kit", tenant=tenant, time=database.clock.now(), traceparent=None)
    # Two ids for the broker, so that only the inbox can tell that it is one message.
    await bus.publish(
        [Outgoing(str(id), ThingMade.type, "x", body), Outgoing(str(new_id()), ThingMade.type, "x", body)]
    )
    done = encode(
        ThingMade(name="end"), id=new_id(), source="kit", tenant=tenant, time=database.clock.now(), traceparent=None
    )
    await bus.publish([Outgoing(str(new_id()), ThingMade.type, "x", done)])

    async def ended():
        return "end" in effects

    await eventually(ended)
    await subscription.stop()
    assert effects == ["x", "end"]


class AwayBus:
    """A broker that is away until it is let back; then the real one answers."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.away = True

    async def publish(self, messages):
        if self.away:
            raise Unavailable()
        await self._bus.publish(messages)


async def test_what_the_broker_did_not_take_stays_and_is_swept_when_it_is_back(database, bus, tenant):
    away = AwayBus(bus)
    relay = Relay(database, away, source="kit")  # not started: its sweeps are made by hand
    async with database.transaction(tenant) as transaction:
        transaction.send(ThingMade(name="late"))
    async with database.transaction(tenant) as transaction:
        await transaction.execute("UPDATE outbox SET created_at = now() - interval '1 minute'")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await relay.sweep_once()
        assert await waiting_rows(database, tenant) == 1
    away.away = False
    assert await relay.sweep_once() == 1
    assert await waiting_rows(database, tenant) == 0


async def test_a_failing_handler_rolls_its_inbox_row_back(database, bus, tenant):
    group, tries = f"kit-retry-{tenant}", []

    async def on_thing_made(message, transaction):
        if transaction.tenant != tenant:
            return
        tries.append(message.name)
        if len(tries) < 3:
            raise Unavailable()

    subscription = await subscribe(bus, database, group, {ThingMade: on_thing_made})
    async with relaying(database, bus):
        async with database.transaction(tenant) as transaction:
            transaction.send(ThingMade(name="again"))

        async def handled():
            async with database.read(tenant) as reader:
                return len(tries) == 3 and await reader.fetchval(
                    "SELECT count(*) FROM inbox WHERE consumer = $1", group
                )

        await eventually(handled)
    await subscription.stop()


async def test_what_waited_is_swept_in_the_order_in_which_it_was_said(database, bus, tenant):
    relay, group, seen = Relay(database, bus, source="kit"), f"kit-order-{tenant}", []
    names = [str(number) for number in range(40)]
    for name in names:
        async with database.transaction(tenant) as transaction:
            transaction.send(ThingMade(name=name))
        await asyncio.sleep(0.002)
    async with database.transaction(tenant) as transaction:
        # Every second row moves to the end of the table, and all come to be old.
        for every in (2, 1):
            await transaction.execute(
                "UPDATE outbox SET created_at = now() - interval '1 minute', key = 'same'"
                " WHERE abs(hashtext(id::text)) % $1 = 0",
                every,
            )
    assert await relay.sweep_once() == len(names)

    async def on_thing_made(message, transaction):
        if transaction.tenant == tenant:
            seen.append(message.name)

    subscription = await subscribe(bus, database, group, {ThingMade: on_thing_made})

    async def arrived():
        return len(seen) == len(names)

    await eventually(arrived)
    await subscription.stop()
    assert seen == names
