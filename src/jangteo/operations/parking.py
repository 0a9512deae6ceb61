"""Replays and discards parked messages: a shop's own only, and never without an entry of the audit trail before it."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.bus import Bus, Parked, Queue
from jangteo.kit.errors import NotFound
from jangteo.kit.messages import Envelope, open_envelope
from jangteo.kit.postgres import Database
from jangteo.operations.schemas import MOST_AT_ONCE, ParkedPage, ParkedSeen, QueueSeen, QueuesSeen

MANAGE = "system.manage"


class QueueUnknown(NotFound):
    """No group of this name ever consumed."""

    code = "queue.unknown"
    ko = "없는 대기열입니다."
    en = "There is no such queue."


class Desk:
    """What those who run the mall see of its queues, and do about what is parked."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def queues(self, caller: Caller) -> QueuesSeen:
        """Return how every group stands. Raises PermissionMissing, Unavailable."""
        caller.require(MANAGE)
        found = await self._bus.queues()
        await self._note(caller, "queues.read")
        return QueuesSeen(items=[_seen(queue) for queue in found])

    async def parked(self, caller: Caller, group: str, size: int) -> ParkedPage:
        """Return the oldest of the shop's parked messages. Raises PermissionMissing, QueueUnknown, Unavailable."""
        caller.require(MANAGE)
        await self._check(group)
        found = await self._parked(caller.tenant, group, size + 1)
        await self._note(caller, "parked.read", group)
        items = [_told(parked, open_envelope(parked.body)) for parked in found[:size]]
        return ParkedPage(group=group, items=items, more=len(found) > size)

    async def replay(self, caller: Caller, group: str, ids: Sequence[UUID] | None) -> tuple[int, bool]:
        """Hand messages to their group again; return how many, and whether more are parked.

        Whoever replays one that is replayed at the same moment does no harm: its effect happens once.
        Raises PermissionMissing, QueueUnknown, Unavailable.
        """
        caller.require(MANAGE)
        await self._check(group)
        found = await self._parked(caller.tenant, group, MOST_AT_ONCE, ids)
        await self._note(caller, "parked.replayed", group, found)
        count = await self._bus.replay(group, [parked.id for parked in found]) if found else 0
        return count, bool(await self._parked(caller.tenant, group, 1))

    async def discard(self, caller: Caller, group: str, ids: Sequence[UUID], reason: str) -> int:
        """Throw messages away for good; return how many. Raises PermissionMissing, ReasonInvalid, QueueUnknown."""
        caller.require(MANAGE)
        why = reason_given(reason)
        await self._check(group)
        found = await self._parked(caller.tenant, group, MOST_AT_ONCE, ids)
        await self._note(caller, "parked.discarded", group, found, why)
        return await self._bus.discard(group, [parked.id for parked in found]) if found else 0

    async def _check(self, group: str) -> None:
        if all(queue.group != group for queue in await self._bus.queues()):
            raise QueueUnknown()

    async def _parked(self, tenant: str, group: str, limit: int, ids: Collection[UUID] | None = None) -> list[Parked]:
        def is_meant(parked: Parked) -> bool:
            envelope = _envelope_of(parked)
            return envelope is not None and envelope.tenant == tenant and (ids is None or envelope.id in ids)

        return await self._bus.parked(group, limit, is_meant)

    async def _note(
        self, caller: Caller, action: str, group: str = "", parked: Sequence[Parked] = (), reason: str = ""
    ) -> None:
        details = {"messages": [f"{one.type} {one.id}" for one in parked]} if parked else {}
        on = f"queue:{group}" if group else ""
        entry = Entry(by=caller, action=action, on=on, reason=reason, details=details)
        await audit.note(self._database, caller.tenant, entry)


def _seen(queue: Queue) -> QueueSeen:
    return QueueSeen(
        group=queue.group,
        waiting=queue.waiting,
        in_hand=queue.in_hand,
        redelivered=queue.redelivered,
        parked=queue.parked,
    )


def _envelope_of(parked: Parked) -> Envelope | None:
    try:
        return open_envelope(parked.body)
    except msgspec.MsgspecError:
        return None  # belongs to no shop: only somebody at the machine can do anything about it


def _told(parked: Parked, envelope: Envelope) -> ParkedSeen:
    return ParkedSeen(
        id=envelope.id,
        type=parked.type,
        key=parked.key,
        error=parked.error,
        attempts=parked.attempts,
        sent_at=envelope.time,
        parked_at=parked.parked_at,
    )
