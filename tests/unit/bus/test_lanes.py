"""Whatever handlers do, every message is settled exactly once and each key keeps its order."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.kit.bus.lanes import Lanes
from jangteo.kit.errors import Unavailable


@dataclass(eq=False)
class Message:
    """A message in hand."""

    id: str
    key: str
    fate: str
    delivered: int = 1
    type: str = "test.v1"
    body: bytes = b""
    tries: int = 0

    @property
    def attempt(self) -> int:
        return self.delivered + self.tries


@dataclass
class Ledger:
    """A settler that keeps book."""

    settled: list[tuple[str, str]] = field(default_factory=list)
    broker_down: bool = False

    async def ack(self, delivery: Message) -> None:
        self.settled.append(("done", delivery.id))

    async def give_back(self, delivery: Message) -> None:
        self.settled.append(("back", delivery.id))

    async def park(self, delivery: Message, error: Exception) -> None:
        if self.broker_down:
            self.broker_down = False
            raise Unavailable
        self.settled.append(("parked", delivery.id))

    async def stalled(self) -> None:
        pass


async def handle(message: Message) -> None:
    """Do what the message says."""
    await asyncio.sleep(0)
    if message.fate == "later" and message.tries == 0:
        raise Unavailable
    if message.fate == "broken":
        raise ValueError(message.id)


EXPECTED = {"fine": "done", "later": "done", "broken": "parked"}
messages = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(sorted(EXPECTED))), max_size=12)


async def settle(lanes: Lanes[Message], ledger: Ledger, count: int) -> None:
    """Wait until so many messages are settled."""
    async with asyncio.timeout(20):
        while len(ledger.settled) < count:  # noqa: ASYNC110 - a plain list, nothing to wait on
            await asyncio.sleep(0.001)


@settings(deadline=None, max_examples=40)  # a try after a pause takes its time
@given(messages, st.integers(1, 4))
def test_each_message_is_settled_once_and_in_the_order_of_its_key(drawn, concurrency):
    async def run() -> None:
        ledger, order, busy = Ledger(), [], set()

        async def handler(message):
            assert message.key not in busy
            assert len(busy) < concurrency
            busy.add(message.key)
            try:
                await handle(message)
            finally:
                busy.discard(message.key)

        lanes: Lanes[Message] = Lanes("group", handler, ledger, concurrency=concurrency, max_attempts=8)
        taken = [Message(f"{n}", key, fate) for n, (key, fate) in enumerate(drawn)]
        for message in taken:
            lanes.accept(message)
        await settle(lanes, ledger, len(taken))
        assert sorted(ledger.settled) == sorted((EXPECTED[m.fate], m.id) for m in taken)
        for key in "abc":
            order = [int(id) for _, id in ledger.settled if taken[int(id)].key == key]
            assert order == sorted(order)
        await lanes.stop(1)
        assert lanes.stalled == 0

    asyncio.run(run())


async def test_what_has_not_begun_is_given_back_on_stop():
    ledger, go, begun = Ledger(), asyncio.Event(), []

    async def handler(message):
        begun.append(message.id)
        await go.wait()

    lanes: Lanes[Message] = Lanes("group", handler, ledger, concurrency=1, max_attempts=8)
    for number, key in enumerate("aab"):
        lanes.accept(Message(str(number), key, "fine"))
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(lanes.stop(10))
    await asyncio.sleep(0.01)
    go.set()
    await stopping
    assert begun == ["0"]
    assert sorted(ledger.settled) == [("back", "1"), ("back", "2"), ("done", "0")]


async def test_a_handler_that_does_not_end_is_cut_off_and_its_message_left_unsettled():
    ledger = Ledger()
    begun = asyncio.Event()

    async def handler(_):
        begun.set()
        await asyncio.Event().wait()

    lanes: Lanes[Message] = Lanes("group", handler, ledger, concurrency=1, max_attempts=8)
    lanes.accept(Message("0", "a", "fine"))
    await begun.wait()
    await lanes.stop(0.05)
    assert ledger.settled == []


async def test_parking_is_tried_again_when_the_broker_does_not_take_it():
    ledger = Ledger(broker_down=True)
    lanes: Lanes[Message] = Lanes("group", handle, ledger, concurrency=1, max_attempts=8)
    lanes.accept(Message("0", "a", "broken"))
    await settle(lanes, ledger, 1)
    assert ledger.settled == [("parked", "0")]


async def test_a_message_handed_out_too_often_is_parked_unseen_but_own_tries_do_not_count():
    ledger, seen = Ledger(), []

    async def handler(message):
        seen.append(message.id)
        if message.tries < 2:
            raise Unavailable

    lanes: Lanes[Message] = Lanes("group", handler, ledger, concurrency=2, max_attempts=2)
    lanes.accept(Message("0", "a", "fine", delivered=3))
    lanes.accept(Message("1", "b", "fine", delivered=2))
    await settle(lanes, ledger, 2)
    assert sorted(ledger.settled) == [("done", "1"), ("parked", "0")]
    assert seen == ["1", "1", "1"]
