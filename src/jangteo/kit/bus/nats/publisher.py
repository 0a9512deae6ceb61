"""Publishes in pipelines: many messages on the way at once, one wake-up when the last is confirmed."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from jangteo.kit.bus.interface import MAX_BODY, BrokerUnavailable, MessageTooLarge, Outgoing
from jangteo.kit.bus.nats.link import Link

AT_ONCE = 256
CONFIRM_SECONDS = 5.0
HEAD_ROOM = 16_384
"""Bytes that headers may take beside the body, within the server's limit for a whole message."""


class _Batch:
    __slots__ = ("done", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def confirm(self, error: str | None) -> None:
        self.left -= 1
        if self.done.done():
            return
        if error is not None:
            self.done.set_exception(BrokerUnavailable(reason=error))
        elif self.left == 0:
            self.done.set_result(None)


class Publisher:
    """Sends to a stream and waits for its confirmations, all through one reply subject."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._reply = ""
        self._waiting: dict[str, _Batch] = {}
        self._tokens = itertools.count()
        link.on_up(self._set_up)
        link.on_down(self._fail_all)

    async def publish(self, messages: Sequence[tuple[str, Outgoing, dict[str, str]]]) -> None:
        """Send (subject, message, headers) each and return when all are stored.

        Raises `MessageTooLarge` before anything is sent, `Unavailable` when one is not confirmed in time.
        """
        client = await self._link.client()
        limit = min(MAX_BODY, client.max_payload - HEAD_ROOM)
        for _, message, _ in messages:
            if len(message.body) > limit:
                raise MessageTooLarge(type=message.type, id=message.id, size=len(message.body), limit=limit)
        for start in range(0, len(messages), AT_ONCE):
            await self._publish(client, messages[start : start + AT_ONCE])

    async def _publish(self, client: Client, messages: Sequence[tuple[str, Outgoing, dict[str, str]]]) -> None:
        batch = _Batch(len(messages))
        tokens = [f"{self._reply}{next(self._tokens)}" for _ in messages]
        try:
            for token, (subject, message, headers) in zip(tokens, messages, strict=True):
                self._waiting[token] = batch
                await client.publish(subject, message.body, token, headers)
            async with asyncio.timeout(CONFIRM_SECONDS):
                await batch.done
        except TimeoutError:
            raise BrokerUnavailable(reason="no confirmation in time") from None
        except (nats.errors.Error, OSError) as error:
            raise BrokerUnavailable(reason=str(error)) from error
        finally:
            for token in tokens:
                self._waiting.pop(token, None)

    async def _set_up(self, client: Client) -> None:
        self._reply = f"{client.new_inbox()}."
        await client.subscribe(f"{self._reply}*", cb=self._on_reply)

    async def _on_reply(self, msg: Msg) -> None:
        batch = self._waiting.pop(msg.subject, None)
        if batch is None:
            return
        error: str | None = None
        if b'"error"' in msg.data:
            error = msg.data.decode(errors="replace")
        elif msg.headers is not None:
            error = "no stream takes this message"
            # Only a lost or missing stream leaves a publish without responder: set everything up anew.
            self._link.drop(msg._client)
        batch.confirm(error)

    def _fail_all(self) -> None:
        for batch in set(self._waiting.values()):
            with contextlib.suppress(asyncio.InvalidStateError):
                batch.done.set_exception(BrokerUnavailable(reason="the connection was lost"))
        self._waiting.clear()
