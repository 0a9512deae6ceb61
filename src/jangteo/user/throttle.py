"""Guessing passwords is slowed down per account and per address of the network, whoever answers the request.

free attempts ──▶ a growing pause after each ──▶ locked for a while ──▶ growing pauses again
     └──────────────── a success clears the account ────────────────┘
"""

import asyncio
import logging
import math
from collections.abc import Sequence
from typing import NamedTuple, Self

from jangteo.kit.clock import Clock
from jangteo.kit.errors import Forbidden
from jangteo.kit.privacy import Vault
from jangteo.kit.valkey import Redis, ValkeyUnavailable, translated
from jangteo.user.settings import UserSettings

log = logging.getLogger(__name__)

LOGIN_ADDRESS = "login.address"
# Nobody waits long to be counted.
_PATIENCE_SECONDS = 1.0

# One script, so that parallel guesses cannot slip through together: who is admitted closes the door behind them.
# Returns how long to wait, in ms, and whether this attempt is the last before the lock.
_ADMIT = """
local state = redis.call('HMGET', KEYS[1], 'count', 'till')
local count, till = tonumber(state[1] or 0), tonumber(state[2] or 0)
local now, free, first, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local last, lock, memory = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if till > now then return {till - now, 0} end
if count >= last then count = free end
count = count + 1
local pause = 0
if count >= last then pause = lock
elseif count >= free then pause = math.min(first * 2 ^ (count - free), most) end
local shut = pause > 0 and now + pause or 0
redis.call('HSET', KEYS[1], 'count', count, 'till', string.format('%.0f', shut))
redis.call('PEXPIRE', KEYS[1], math.max(memory, pause))
return {0, count >= last and 1 or 0}
"""
# An attempt that succeeded was none: at an address that many share, the others' stay counted.
_TAKE_BACK = """
local count = tonumber(redis.call('HGET', KEYS[1], 'count') or 0)
if count > 0 then redis.call('HSET', KEYS[1], 'count', count - 1, 'till', 0) end
"""


class TooManyAttempts(Forbidden):
    """Too many attempts; `retry_after` seconds from now the next may be made."""

    status = 429
    code = "login.throttled"
    ko = "시도가 너무 많습니다. {retry_after}초 후에 다시 시도해 주세요."
    en = "Too many attempts. Please try again in {retry_after} seconds."


class Pace(NamedTuple):
    """How attempts are slowed down: all spans in seconds, `last` is the attempt after which the lock closes."""

    free: int
    first_pause: float
    most_pause: float
    last: int
    lock: float
    memory: float


class Throttle:
    """Counts attempts. One is counted before its password is looked at; one that succeeds is taken back."""

    def __init__(self, valkey: Redis, clock: Clock, *, per_account: Pace, per_address: Pace) -> None:
        self._valkey = valkey
        self._clock = clock
        self._account, self._address = per_account, per_address
        self.lock_seconds = per_account.lock

    @classmethod
    def by(cls, settings: UserSettings, valkey: Redis, clock: Clock) -> Self:
        """Return the throttle that the settings ask for."""
        pause, window = settings.login_first_pause_seconds, float(settings.login_window_seconds)
        most = settings.login_attempts_per_account
        many = settings.login_attempts_per_address
        return cls(
            valkey,
            clock,
            per_account=Pace(min(settings.login_free_attempts, most), pause, window, most, window, window),
            per_address=Pace(many, pause, window, many + most, window, window),
        )

    async def admit(self, account: str, address: str) -> bool:
        """Count an attempt; return whether the account is locked from now on. Raises TooManyAttempts.

        While Valkey is away nothing is counted: the shop's customers can log in, and guessing is still as slow as
        bcrypt and the gateway's own limit make it.
        """
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                # One after the other: an address that is shut out cannot go on locking accounts.
                wait, _ = await self._count(_from(address), self._address)
                locks = 0
                if not wait:
                    wait, locks = await self._count(_account(account), self._account)
        except (ValkeyUnavailable, TimeoutError):
            log.warning("log-ins are not counted: Valkey does not answer")
            return False
        if wait:
            raise TooManyAttempts(retry_after=math.ceil(wait / 1000))
        return bool(locks)

    async def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of the account; what others at the same address did stays counted."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                with translated():
                    await self._valkey.delete(_account(account))
                    await self._valkey.eval(_TAKE_BACK, 1, _from(address))
        except (ValkeyUnavailable, TimeoutError):
            log.warning("a successful log-in stays counted as an attempt: Valkey does not answer")

    async def unlock(self, *accounts: str) -> None:
        """Forget the failures of accounts whose owner has proved to be there."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                with translated():
                    for account in accounts:
                        await self._valkey.delete(_account(account))
        except (ValkeyUnavailable, TimeoutError):
            log.warning("an account stays locked for its time: Valkey does not answer")

    async def _count(self, key: str, pace: Pace) -> tuple[int, int]:
        spans = [pace.first_pause, pace.most_pause, pace.lock, pace.memory]
        first, most, lock, memory = (round(seconds * 1000) for seconds in spans)
        now = round(self._clock.now().timestamp() * 1000)
        arguments: Sequence[int] = (now, pace.free, first, most, pace.last, lock, memory)
        with translated():
            wait, locks = await self._valkey.eval(_ADMIT, 1, key, *arguments)
        return int(wait), int(locks)


async def origin(vault: Vault, tenant: str, address: str) -> str:
    """Return what stands for a network address where attempts are counted: not the address itself."""
    return (await vault.blind_index(tenant, LOGIN_ADDRESS, address)).hex()


def _account(account: str) -> str:
    return f"attempts:account:{account}"


def _from(address: str) -> str:
    return f"attempts:from:{address}"
