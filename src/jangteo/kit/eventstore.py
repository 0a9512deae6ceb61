"""An append-only store of event streams: the truth of whatever is event-sourced."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import ConcurrentUpdate, Reader, Transaction

Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to one aggregate. `type` is its versioned name in the store."""

    type: ClassVar[str]


class Recorded(msgspec.Struct, frozen=True):
    """An event with its place in the stream and its circumstances."""

    version: int
    event: DomainEvent
    at: datetime
    actor: str
    cause: UUID | None


_LOAD = """
SELECT version, type, data, at, actor, cause FROM events WHERE stream_id = $1 ORDER BY version
"""
_APPEND = """
INSERT INTO events (tenant, stream_id, version, id, type, data, at, actor, cause)
SELECT $1, $2, $3 + ordinality, id, type, data::jsonb, $7, $8, $9
FROM unnest($4::uuid[], $5::text[], $6::text[]) WITH ORDINALITY AS new (id, type, data, ordinality)
"""


class EventStore:
    """Reads and appends streams of the event types it knows."""

    def __init__(self, events: Iterable[type[DomainEvent]], upcasters: Mapping[str, Upcaster] | None = None) -> None:
        self._classes = {cls.type: cls for cls in events}
        self._decoders = {name: msgspec.json.Decoder(cls) for name, cls in self._classes.items()}
        self._upcasters = dict(upcasters or {})

    async def load(self, reader: Reader, stream: UUID) -> list[Recorded]:
        """Return the whole stream in order; empty where there is none."""
        rows = await reader.fetch(_LOAD, stream)
        return [
            Recorded(row["version"], self.decode(row["type"], row["data"]), row["at"], row["actor"], row["cause"])
            for row in rows
        ]

    async def append(
        self,
        transaction: Transaction,
        stream: UUID,
        expected_version: int,
        events: Sequence[DomainEvent],
        *,
        actor: str,
        at: datetime,
    ) -> list[Recorded]:
        """Append `events` after `expected_version` (0 for a new stream) and return them as recorded.

        Raises ConcurrentUpdate where somebody else appended first; the transaction is then lost.
        """
        if not events:
            return []
        try:
            await transaction.execute(
                _APPEND,
                transaction.tenant,
                stream,
                expected_version,
                [new_id() for _ in events],
                [event.type for event in events],
                [msgspec.json.encode(event).decode() for event in events],
                at,
                actor,
                transaction.cause,
            )
        except asyncpg.UniqueViolationError:
            raise ConcurrentUpdate() from None
        return [
            Recorded(expected_version + index, event, at, actor, transaction.cause)
            for index, event in enumerate(events, start=1)
        ]

    def decode(self, type: str, data: str | bytes) -> DomainEvent:
        """Return a stored event as today's class, brought up step by step from an older version where needed."""
        decoder = self._decoders.get(type)
        if decoder is not None:
            event: DomainEvent = decoder.decode(data)
            return event
        fields = msgspec.json.decode(data)
        while type not in self._classes:
            if type not in self._upcasters:
                raise LookupError(f"no event class and no upcaster for {type}")
            type, fields = self._upcasters[type](fields)
        return msgspec.convert(fields, self._classes[type])
