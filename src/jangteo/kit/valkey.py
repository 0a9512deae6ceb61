"""Valkey (or Redis): a client whose failures are the kit's."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jangteo.kit.errors import Unavailable

_TIMEOUT_SECONDS = 3.0
# The client's own 100 are in use when a hundred shoppers add to their carts at once, and it refuses the next one.
_MOST_CONNECTIONS = 1_000


class ValkeyUnavailable(Unavailable):
    """Valkey does not answer."""

    code = "valkey.unavailable"


@asynccontextmanager
async def open_valkey(url: str) -> AsyncIterator["Redis"]:
    """Open a pooled client; it connects on first use and again after a loss, and answers are bytes."""
    client = Redis.from_url(
        url,
        protocol=2,
        max_connections=_MOST_CONNECTIONS,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        health_check_interval=0,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        retry_on_error=[RedisConnectionError],
    )
    try:
        yield client
    finally:
        await client.aclose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn connection troubles into ValkeyUnavailable within the block; other errors stay what they are."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, BusyLoadingError) as error:
        raise ValkeyUnavailable() from error


__all__ = ["Redis", "RedisError", "ValkeyUnavailable", "open_valkey", "translated"]
