"""The dead-letter queue: what a group could not handle, kept with the reason until somebody replays it."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import nats.errors
from nats.js.api import RawStreamMsg
from nats.js.errors import BadRequestError, NotFoundError

from jangteo.kit.bus.interface import BrokerUnavailable, Choice, Delivery, Outgoing, Parked
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.publisher import Publisher
from jangteo.kit.bus.nats.streams import StreamSettings
from jangteo.kit.telemetry.redaction import redact

REASON_LENGTH = 500
NO_SUCH_SEQUENCE = 10043


class Parking:
    """Puts messages aside for a group, lists them, and hands them to that group again."""

    def __init__(self, link: Link, settings: StreamSettings, publisher: Publisher) -> None:
        self._link = link
        self._settings = settings
        self._publisher = publisher

    async def park(self, group: str, delivery: Delivery, error: Exception) -> None:
        """Store a message with the reason; raises `Unavailable`."""
        headers = {
            "Id": delivery.id,
            "Key": delivery.key,
            "Type": delivery.type,
            "Error": type(error).__name__,
            # Header values are one line each.
            "Reason": redact(" ".join(str(error).split()))[:REASON_LENGTH],
            "Attempts": str(delivery.attempt),
            "Parked-At": datetime.now(UTC).isoformat(),
        }
        message = Outgoing(delivery.id, delivery.type, delivery.key, delivery.body)
        await self._publisher.publish([(self._settings.parking_subject(group), message, headers)])

    async def parked(self, group: str, limit: int, only: Choice | None) -> list[Parked]:
        """Return the oldest `limit` parked messages of a group, or of those chosen; raises `Unavailable`."""
        found: list[Parked] = []
        if limit > 0:
            async for _, parked in self._walk(group):
                if only is None or only(parked):
                    found.append(parked)
                if len(found) >= limit:
                    break
        return found

    async def replay(self, group: str, ids: Sequence[str] | None) -> int:
        """Hand parked messages to their group alone, once more; return how many. Raises `Unavailable`."""
        wanted = None if ids is None else set(ids)
        count = 0
        async for sequence, parked in self._walk(group):
            if wanted is not None and parked.id not in wanted:
                continue
            message = Outgoing(parked.id, parked.type, parked.key, parked.body)
            # "Id" and not "Nats-Msg-Id": the server would take the message for a repeated one and drop it.
            headers = {"Id": parked.id, "Key": parked.key}
            await self._publisher.publish([(self._settings.replay_prefix(group) + parked.type, message, headers)])
            await self._remove(sequence)
            count += 1
        return count

    async def discard(self, group: str, ids: Sequence[str]) -> int:
        """Remove parked messages for good; return how many were there. Raises `Unavailable`."""
        unwanted, count = set(ids), 0
        async for sequence, parked in self._walk(group):
            if parked.id in unwanted:
                count += await self._remove(sequence)
        return count

    async def _remove(self, sequence: int) -> bool:
        """Say whether it was there: somebody else may replay or discard the same message at the same time."""
        js = (await self._link.client()).jetstream()
        try:
            return await js.delete_msg(self._settings.parking, sequence)
        except BadRequestError as error:
            if error.err_code != NO_SUCH_SEQUENCE:
                raise BrokerUnavailable(reason=str(error)) from error
            return False
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(reason=str(error)) from error

    async def _walk(self, group: str) -> AsyncIterator[tuple[int, Parked]]:
        """Yield (sequence, message) of a group, oldest first, as they were when the walk began."""
        subject = self._settings.parking_subject(group)
        js = (await self._link.client()).jetstream()
        sequence = 1
        try:
            last = (await js.stream_info(self._settings.parking)).state.last_seq
            while sequence <= last:
                # The direct way, because the other one cannot read headers that are not ASCII.
                raw = await js.get_msg(self._settings.parking, seq=sequence, subject=subject, next=True, direct=True)
                if raw.seq is None or raw.seq > last:
                    return
                yield raw.seq, _read(raw, group)
                sequence = raw.seq + 1
        except NotFoundError:
            return
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(reason=str(error)) from error


def _read(raw: RawStreamMsg, group: str) -> Parked:
    headers = raw.headers or {}
    return Parked(
        id=headers.get("Id", ""),
        type=headers.get("Type", ""),
        key=headers.get("Key", ""),
        body=raw.data or b"",
        group=group,
        reason=headers.get("Reason", ""),
        error=headers.get("Error", ""),
        attempts=int(headers.get("Attempts", 0)),
        parked_at=datetime.fromisoformat(headers["Parked-At"]),
    )
