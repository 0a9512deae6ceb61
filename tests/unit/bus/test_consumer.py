"""A connection that breaks between two words to the broker costs no message that is in hand."""

import asyncio

import nats.errors
from nats.aio.msg import Msg

from jangteo.kit.bus.nats.consumer import Consumer
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.parking import Parking
from jangteo.kit.bus.nats.publisher import Publisher
from jangteo.kit.bus.nats.streams import StreamSettings


class Breaking:
    """A connection that takes one ack, and is gone."""

    def __init__(self) -> None:
        self.is_gone = False

    async def publish(self, subject: str, *_: object) -> None:
        if self.is_gone:
            raise nats.errors.ConnectionClosedError
        self.is_gone = subject.startswith("$JS.ACK.")


async def test_messages_behind_one_whose_ack_was_the_last_word_are_handled():
    settings, link, handled = StreamSettings(["nats://127.0.0.1:1"]), Link([], "test"), []
    parking = Parking(link, settings, Publisher(link))

    async def handle(delivery) -> None:
        handled.append(delivery.id)

    consumer = Consumer(
        link, settings, parking, "group", ["a.v1"], handle, concurrency=1, max_attempts=3, redelivery=15.0
    )
    link._client = Breaking()
    for number in range(3):
        reply = f"$JS.ACK.JANGTEO.group.1.{number}.{number}.0.0"
        headers = {"Nats-Msg-Id": str(number), "Key": "one"}
        await consumer._on_message(Msg(link._client, "jangteo.a.v1", reply, b"", headers))
    await asyncio.sleep(0.05)
    assert handled == ["0", "1", "2"]
    assert not consumer._held
