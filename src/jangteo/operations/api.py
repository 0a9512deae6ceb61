"""HTTP in: those who run the mall see its services and queues, and mend what got stuck."""

from typing import Annotated, TypeAlias

from litestar import get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation

from jangteo.kit import auth
from jangteo.kit.http.permission import needs
from jangteo.operations import parking, watching
from jangteo.operations.schemas import (
    MOST_AT_ONCE,
    Discard,
    Discarded,
    ParkedPage,
    QueuesSeen,
    Replay,
    Replayed,
    ServicesSeen,
)

Caller: TypeAlias = NamedDependency[SkipValidation[auth.Caller]]
Desk: TypeAlias = NamedDependency[SkipValidation[parking.Desk]]
Reception: TypeAlias = NamedDependency[SkipValidation[watching.Reception]]
FRESH = CacheControlHeader(no_store=True)


@get("/v1/system/services", cache_control=FRESH)
async def list_services(caller: Caller, reception: Reception) -> ServicesSeen:
    """Show every service: its health, its processes, which code they run, and what its outbox holds."""
    return await reception.services(caller)


@get("/v1/system/queues", cache_control=FRESH)
async def list_queues(caller: Caller, desk: Desk) -> QueuesSeen:
    """Show how the consumer groups stand."""
    return await desk.queues(caller)


@get("/v1/system/queues/{group:str}/parked", cache_control=FRESH)
async def list_parked(
    group: FromPath[str],
    caller: Caller,
    desk: Desk,
    size: Annotated[int, QueryParameter(ge=1, le=MOST_AT_ONCE)] = 50,
) -> ParkedPage:
    """List the shop's messages that a group could not handle, the oldest first."""
    return await desk.parked(caller, group, size)


@post("/v1/system/queues/{group:str}/replays", cache_control=FRESH, status_code=200, guards=[needs(parking.MANAGE)])
async def replay_parked(group: FromPath[str], data: JSONBody[Replay], caller: Caller, desk: Desk) -> Replayed:
    """Hand parked messages to their group again; asking twice is harmless."""
    count, more = await desk.replay(caller, group, data.ids)
    return Replayed(replayed=count, more=more)


@post("/v1/system/queues/{group:str}/discards", cache_control=FRESH, status_code=200, guards=[needs(parking.MANAGE)])
async def discard_parked(group: FromPath[str], data: JSONBody[Discard], caller: Caller, desk: Desk) -> Discarded:
    """Throw parked messages away for good, for a reason that is recorded."""
    return Discarded(discarded=await desk.discard(caller, group, data.ids, data.reason))


ROUTES = [list_services, list_queues, list_parked, replay_parked, discard_parked]
