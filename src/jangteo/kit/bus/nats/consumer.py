"""One group's share of the messages in this process: asks the broker for as many as there is room for.

The client's `fetch` is not used: it polls twice for every batch, leaves its request behind on the server when
it times out, and cannot keep one long request open. Here one pull request stays open (it costs nothing while
idle) and a new one is sent when a quarter of the window is left.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js import api

from jangteo.kit.bus.interface import BrokerUnavailable, Handler
from jangteo.kit.bus.lanes import Lanes
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.parking import Parking
from jangteo.kit.bus.nats.streams import StreamSettings

log = logging.getLogger(__name__)

PULL_SECONDS = 5
"""A request lost by a broker that starts is noticed after half as long again: until then the group stands still."""
MOST_PER_PULL = 64
MOST_HELD = 2_000
"""Messages that one process holds at most for one group, those that wait for a pause included."""
NOT_MINE_SECONDS = 1.0
GRACE_SECONDS = 10.0
API_SECONDS = 5.0


class NatsDelivery:
    """A message in hand; the broker hands it to another process unless it hears of it in time."""

    __slots__ = ("_delivered", "body", "epoch", "id", "key", "reply", "seen", "sequence", "tries", "type")

    def __init__(self, msg: Msg, message_type: str, epoch: str) -> None:
        headers = msg.headers or {}
        # $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>
        # and, from servers with domains, two more words behind ACK and one at the end.
        words = msg.reply.split(".")
        delivered = 4 if len(words) == 9 else 6
        self.id = headers.get("Id") or headers.get("Nats-Msg-Id", "")
        self.key = headers.get("Key", "")
        self.type = message_type
        self.body = msg.data
        self.reply = msg.reply
        self.sequence = words[delivered + 1]
        self.epoch = epoch
        self.seen = time.monotonic()
        self.tries = 0
        self._delivered = int(words[delivered])

    @property
    def attempt(self) -> int:
        """Counts hand-outs by the broker and tries in this process, from 1."""
        return self._delivered + self.tries


class Consumer:
    """Pulls messages of one group and settles them; a `Subscription`."""

    def __init__(
        self,
        link: Link,
        settings: StreamSettings,
        parking: Parking,
        group: str,
        types: Sequence[str],
        handler: Handler,
        *,
        concurrency: int,
        max_attempts: int,
        redelivery: float,
    ) -> None:
        self._link = link
        self._settings = settings
        self._parking = parking
        self._group = group
        self._types = {settings.subject(kind): kind for kind in types}
        self._types.update({settings.replay_prefix(group) + kind: kind for kind in types})
        self._redelivery = redelivery
        self._window = min(MOST_PER_PULL, concurrency * 4)
        self._lanes: Lanes[NatsDelivery] = Lanes(
            group, handler, self, concurrency=concurrency, max_attempts=max_attempts
        )
        self._held: dict[str, NatsDelivery] = {}
        self._late_acks: list[NatsDelivery] = []
        self._asked = 0
        self._asked_at = 0.0
        self._inbox = ""
        self._epoch = ""
        self._pull: NatsSubscription | None = None
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{settings.stream}.{group}"
        self._keeper: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        """Begin now if the broker is there, else as soon as it is."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self._group}")
        await self._link.join(self._set_up)

    async def _set_up(self, client: Client) -> None:
        """Make the durable consumer, or bring it in line, and open the first pull on this connection."""
        config = api.ConsumerConfig(
            name=self._group,
            durable_name=self._group,
            deliver_policy=api.DeliverPolicy.ALL,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=self._redelivery,
            max_ack_pending=50_000,
            max_waiting=2_048,
            max_deliver=-1,
            filter_subjects=sorted(self._types),
            num_replicas=self._settings.replicas,
        )
        js = client.jetstream(timeout=API_SECONDS)
        epoch = str((await js.stream_info(self._settings.stream)).created)
        await js.add_consumer(self._settings.stream, config)
        if epoch != self._epoch:
            self._held.clear()
            self._late_acks.clear()
            self._epoch = epoch
        self._inbox = client.new_inbox()
        self._asked = 0
        self._pull = await client.subscribe(self._inbox, cb=self._on_message)
        await self._ack_late(client)
        await self._ask(client)

    async def stop(self) -> None:
        """Take no new message, let running handlers finish, give the rest back."""
        if self._stopped:
            return
        self._stopped = True
        self._link.off_up(self._set_up)
        if self._pull is not None and self._link.current is not None:
            await self._drain(self._pull, self._link.current)
        await self._lanes.stop(GRACE_SECONDS)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if (client := self._link.current) is not None:
            with contextlib.suppress(BrokerUnavailable):
                await self._link.settle(client)

    async def _drain(self, pull: NatsSubscription, client: Client) -> None:
        # What the server had sent already is taken, so that none of it waits for redelivery.
        try:
            await asyncio.wait_for(pull.drain(), 2)  # type: ignore[no-untyped-call]  # nats-py leaves it bare
        except (nats.errors.Error, OSError, TimeoutError):
            self._link.drop(client)

    async def ack(self, delivery: NatsDelivery) -> None:
        """The message is done; said on the next connection when there is none now."""
        self._forget(delivery)
        client = self._link.current
        try:
            if delivery.epoch == self._epoch:
                if client is None:
                    raise nats.errors.ConnectionClosedError
                await client.publish(delivery.reply)
        except (nats.errors.Error, OSError):
            self._late_acks.append(delivery)
        else:
            # Said as far as we know; a connection that breaks over the next request must not break the lane.
            await self.stalled()

    async def _ack_late(self, client: Client) -> None:
        late, self._late_acks = self._late_acks, []
        for delivery in late:
            await client.publish(delivery.reply)

    async def give_back(self, delivery: NatsDelivery, seconds: float = 0.0) -> None:
        """The message goes to another process, after `seconds`."""
        self._forget(delivery)
        client = self._link.current
        answer = b"-NAK" if not seconds else b'-NAK {"delay":%d}' % int(seconds * 1e9)
        if client is not None and delivery.epoch == self._epoch:
            with contextlib.suppress(nats.errors.Error, OSError):
                await client.publish(delivery.reply, answer)

    async def park(self, delivery: NatsDelivery, error: Exception) -> None:
        """Store the message in the dead-letter stream, then ack it; raises `Unavailable`."""
        await self._parking.park(self._group, delivery, error)
        await self.ack(delivery)

    async def stalled(self) -> None:
        """Fetch others in the place of those that wait."""
        if (client := self._link.current) is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await self._ask(client)

    def _forget(self, delivery: NatsDelivery) -> None:
        if self._held.get(delivery.sequence) is delivery:
            del self._held[delivery.sequence]

    async def _on_message(self, msg: Msg) -> None:
        if not msg.reply or not msg.reply.startswith("$JS.ACK."):
            await self._on_status(msg)
            return
        self._asked = max(0, self._asked - 1)
        kind = self._types.get(msg.subject)
        delivery = NatsDelivery(msg, kind or msg.subject, self._epoch)
        held = self._held.get(delivery.sequence)
        if held is not None and held.id == delivery.id:
            # Handed out again while it is still being worked on here: answer for the latest hand-out.
            held.reply, held.seen = delivery.reply, delivery.seen
        elif kind is None:
            # Another version of this service, running beside this one, knows the type.
            await self.give_back(delivery, NOT_MINE_SECONDS)
        else:
            self._held[delivery.sequence] = delivery
            self._lanes.accept(delivery)
        if (client := self._link.current) is not None:
            await self._ask(client)

    async def _on_status(self, msg: Msg) -> None:
        headers = msg.headers or {}
        status = headers.get("Status", "")
        self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._asked)))
        client = self._link.current
        if client is None or self._stopped:
            return
        if status == "408":
            await self._ask(client)
        elif status != "100":
            log.warning("pulling for %s: %s %s", self._group, status, headers.get("Description", ""))
            self._link.drop(client)

    async def _ask(self, client: Client) -> None:
        """Send a pull request when the last one is nearly used up and there is room."""
        if self._stopped or self._asked > self._window // 4 or len(self._held) >= MOST_HELD:
            return
        room = self._window - (len(self._held) - self._lanes.stalled) - self._asked
        if room < max(1, self._window // 4):
            return
        self._asked += room
        self._asked_at = time.monotonic()
        request = {"batch": room, "expires": PULL_SECONDS * 1_000_000_000}
        await client.publish(self._next, msgspec.json.encode(request), self._inbox)

    async def _keep(self) -> None:
        """Tell the broker of messages that take long, and notice a pull request that was lost."""
        interval = self._redelivery / 3
        while True:
            await asyncio.sleep(interval)
            client = self._link.current
            if client is None:
                continue
            with contextlib.suppress(nats.errors.Error, OSError):
                now = time.monotonic()
                await self._ack_late(client)
                for delivery in list(self._held.values()):
                    if now - delivery.seen >= interval and delivery.epoch == self._epoch:
                        await client.publish(delivery.reply, b"+WPI")
                if self._asked > 0 and now - self._asked_at > PULL_SECONDS * 1.5:
                    self._asked = 0
                if not self._stopped:
                    await self._ask(client)
