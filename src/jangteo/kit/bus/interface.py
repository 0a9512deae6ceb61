"""What every broker must be able to do, said once, so that a service never learns which one it runs on.

An adapter (one folder per broker) passes the contract suite in `tests/integration/bus` unchanged.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jangteo.kit.errors import Invalid, Unavailable

MAX_BODY = 1_000_000
"""Bytes in one message: what every broker takes with its default settings."""

DEFAULT_REDELIVERY = 15.0
"""Seconds after which a message that a dead process held is handed to another one."""


class BrokerUnavailable(Unavailable):
    """The broker does not answer or did not confirm; nothing is known to be stored."""

    code = "bus.unavailable"
    ko = "메시지 브로커에 연결할 수 없습니다: {reason}"
    en = "The message broker cannot be reached: {reason}"


class MessageTooLarge(Invalid):
    """Trying again cannot help: the message must be made smaller."""

    code = "bus.message_too_large"
    ko = "메시지가 너무 큽니다: {type} {id}, {size}바이트 (최대 {limit}바이트)"
    en = "The message is too large: {type} {id} has {size} bytes, the limit is {limit}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out, its envelope encoded already; it stays in order with others of its key."""

    id: str
    type: str
    key: str
    body: bytes


class Delivery(Protocol):
    """A message handed to a handler; `attempt` starts at 1 and grows with every further try."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def attempt(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that a group could not handle, kept until it is replayed.

    `error` is the name of the exception's class, `reason` its text, `attempts` the tries made before.
    """

    id: str
    type: str
    key: str
    body: bytes
    group: str
    reason: str
    error: str
    attempts: int
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """How a group stands: `waiting` messages were not handed out yet, `in_hand` ones are with a
    process, `redelivered` ones not for the first time, and `parked` ones wait for somebody to replay or discard them.
    """

    group: str
    waiting: int
    in_hand: int
    redelivered: int
    parked: int


Handler = Callable[[Delivery], Awaitable[None]]
Choice = Callable[[Parked], bool]
Notice = Callable[[], Awaitable[None]]


class Subscription(Protocol):
    """What runs until it is stopped."""

    async def stop(self) -> None:
        """Take no new message, finish those whose handler has begun, give the rest back to the broker."""


class Bus(Protocol):
    """Durable messages between services, and short-lived notices to every process."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when the broker holds every message; a repeated id may be stored once only.

        Raises `Unavailable` when one of them is not confirmed (send all again: consumers bear duplicates),
        `MessageTooLarge` before anything is sent.
        """

    async def consume(
        self,
        group: str,
        types: Sequence[str],
        handler: Handler,
        *,
        concurrency: int = 16,
        max_attempts: int = 16,
    ) -> Subscription:
        """Share the messages of `types` among all processes of `group`, beginning with the oldest kept.

        In one process, messages with the same key are handled one after the other in order of arrival,
        others at once, up to `concurrency`. The handler returns: done. It raises `Unavailable`: tried again
        after a growing pause, without limit. It raises anything else: parked. A message that was handed out
        `max_attempts` times and never answered for (its process died each time) is parked as well.
        """

    async def listen(
        self, types: Sequence[str], handler: Handler, *, on_reconnect: Notice | None = None
    ) -> Subscription:
        """Hand every message of `types` published from now on to every listening process, best effort.

        `on_reconnect` is awaited whenever messages may have been missed, once listening again.
        """

    async def queues(self) -> list[Queue]:
        """Return how every group stands that ever consumed here, by name; raises `Unavailable`."""

    async def parked(self, group: str, limit: int = 100, only: Choice | None = None) -> list[Parked]:
        """Return the oldest parked messages of a group, of those for which `only` holds; raises `Unavailable`."""

    async def replay(self, group: str, ids: Sequence[str] | None = None) -> int:
        """Hand parked messages (all, or those with these ids) to their group again; return how many."""

    async def discard(self, group: str, ids: Sequence[str]) -> int:
        """Throw parked messages away, for good; return how many were there. Raises `Unavailable`."""

    async def check(self) -> None:
        """Raise `Unavailable` unless the broker answers."""

    async def close(self) -> None:
        """Stop every subscription, let handlers finish, confirm what they did, and hang up."""
