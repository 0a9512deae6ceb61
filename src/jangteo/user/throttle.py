"""Guessing passwords is slowed down per account and per address of the network, whoever answers the request."""

import asyncio
import logging
from typing import Self

from jangteo.kit.errors import Forbidden
from jangteo.kit.valkey import Redis, ValkeyUnavailable, translated
from jangteo.user.settings import UserSettings

log = logging.getLogger(__name__)

# Nobody waits long to be counted.
_PATIENCE_SECONDS = 1.0


class TooManyAttempts(Forbidden):
    """Too many log-ins failed; `retry_after` seconds from now the next may be made."""

    status = 429
    code = "login.throttled"
    ko = "로그인 시도가 너무 많습니다. {retry_after}초 후에 다시 시도해 주세요."
    en = "Too many attempts to log in. Please try again in {retry_after} seconds."


class Throttle:
    """Counts attempts in fixed windows. An attempt is counted before its password is looked at, so that parallel
    guesses cannot slip through together; one that succeeds is taken back.
    """

    def __init__(self, valkey: Redis, *, window_seconds: int, per_account: int, per_address: int) -> None:
        self._valkey = valkey
        self._window = window_seconds
        self._limits = (per_account, per_address)

    @classmethod
    def by(cls, settings: UserSettings, valkey: Redis) -> Self:
        """Return the throttle that the settings ask for."""
        return cls(
            valkey,
            window_seconds=settings.login_window_seconds,
            per_account=settings.login_attempts_per_account,
            per_address=settings.login_attempts_per_address,
        )

    async def admit(self, account: str, address: str) -> None:
        """Count an attempt. Raises TooManyAttempts.

        While Valkey is away nothing is counted: the shop's customers can log in, and guessing is still as slow as
        bcrypt and the gateway's own limit make it.
        """
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found = await asyncio.gather(
                    self._count(f"login:account:{account}"), self._count(f"login:from:{address}")
                )
        except (ValkeyUnavailable, TimeoutError):
            log.warning("log-ins are not counted: Valkey does not answer")
            return
        for (count, seconds), limit in zip(found, self._limits, strict=True):
            if count > limit:
                raise TooManyAttempts(retry_after=max(seconds, 1))

    async def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of the account; what others at the same address did stays counted."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._forget(f"login:account:{account}", f"login:from:{address}")
        except (ValkeyUnavailable, TimeoutError):
            log.warning("a successful log-in stays counted as an attempt: Valkey does not answer")

    async def _forget(self, account: str, address: str) -> None:
        with translated():
            await self._valkey.delete(account)
            async with self._valkey.pipeline(transaction=False) as pipeline:
                pipeline.decr(address)
                pipeline.expire(address, self._window, nx=True)
                await pipeline.execute()

    async def _count(self, key: str) -> tuple[int, int]:
        with translated():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, self._window, nx=True)
                pipeline.ttl(key)
                count, _, seconds = await pipeline.execute()
        return int(count), int(seconds)
