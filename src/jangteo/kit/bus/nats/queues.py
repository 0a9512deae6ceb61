"""How the groups stand, as the server counts them: what waits, what is in hand, and what was put aside."""

import nats.errors
from nats.js import JetStreamContext, api

from jangteo.kit.bus.interface import BrokerUnavailable, Queue
from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.streams import StreamSettings

PAGE = 256
"""How many consumers the server tells of in one answer."""


async def queues(link: Link, settings: StreamSettings) -> list[Queue]:
    """Return the standing of every group, by name; raises `Unavailable`."""
    js = (await link.client()).jetstream()
    try:
        groups = await _groups(js, settings.stream)
        everywhere = settings.parking_subject("all").removesuffix("all")
        state = (await js.stream_info(settings.parking, subjects_filter=f"{everywhere}>")).state
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BrokerUnavailable(reason=str(error)) from error
    parked = {subject.removeprefix(everywhere): count for subject, count in (state.subjects or {}).items()}
    found = {group.name: _queue(group, parked.get(group.name, 0)) for group in groups}
    # A group that is gone may have left messages behind.
    left = {name: Queue(name, 0, 0, 0, count) for name, count in parked.items() if name not in found}
    return [queue for _, queue in sorted((found | left).items())]


async def _groups(js: JetStreamContext, stream: str) -> list[api.ConsumerInfo]:
    found: list[api.ConsumerInfo] = []
    while True:
        page = await js.consumers_info(stream, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def _queue(group: api.ConsumerInfo, parked: int) -> Queue:
    return Queue(
        group=group.name,
        waiting=group.num_pending or 0,
        in_hand=group.num_ack_pending or 0,
        redelivered=group.num_redelivered or 0,
        parked=parked,
    )
