"""Answers that last: the mall's server-sent events, handed on to a page. Their routes stand below /live/."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import aiohttp
from litestar.response import Stream

from jangteo.kit.process import is_stopping
from jangteo.web.problem import Problem, Told
from jangteo.web.visit import Visit

EVENTS = "text/event-stream"
_LOOK_SECONDS = 1.0
_LONGEST_SECONDS = 900.0
_CONNECT_SECONDS = 5.0


async def follow(
    visit: Visit,
    path: str,
    last_seen: str = "",
    *,
    media_type: str = EVENTS,
    headers: Mapping[str, str] | None = None,
) -> Stream:
    """Answer with the events at `path` of the mall; `last_seen` is what the browser said in Last-Event-ID.

    Anything else that takes long comes the same way, under its own `media_type` and `headers`.

    Raises Problem where the mall refuses: a page that is not allowed to look is told at once.
    """
    asked = {**await visit.mall.stream_headers(), "Accept": media_type.partition(";")[0]}
    if last_seen:
        asked["Last-Event-ID"] = last_seen
    timeout = aiohttp.ClientTimeout(total=_LONGEST_SECONDS, sock_connect=_CONNECT_SECONDS)
    session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
    try:
        told = await session.get(visit.mall.gateway_address + path, headers=asked)
        if told.status >= 400:
            raise Problem.of(told.status, await told.read())
    except (aiohttp.ClientError, TimeoutError) as error:
        await session.close()
        raise Problem(503, Told(code="service.unavailable")) from error
    except BaseException:
        await session.close()
        raise
    return Stream(
        _pieces(session, told), media_type=media_type, headers={"cache-control": "no-store", **(headers or {})}
    )


async def _pieces(session: aiohttp.ClientSession, told: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Yield what comes, until it ends, the browser goes, or this process has to stop; the browser comes back."""
    reading: asyncio.Task[bytes] | None = None
    try:
        while not is_stopping():
            reading = reading or asyncio.ensure_future(told.content.readany())
            await asyncio.wait({reading}, timeout=_LOOK_SECONDS)
            if reading.done():
                piece, reading = reading.result(), None
                if not piece:
                    return
                yield piece
    except (aiohttp.ClientError, TimeoutError):
        return
    finally:
        if reading is not None:
            reading.cancel()
        told.close()
        await session.close()
