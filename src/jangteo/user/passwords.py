"""Bcrypt, away from the event loop: two threads, a bounded queue, and the same work for members and strangers."""

import asyncio
import base64
import hashlib
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt
from prometheus_client import Counter

from jangteo.kit.errors import Unavailable

THREADS = 2
MAX_WAITING = 100
_DIGEST_LENGTH = 31
T = TypeVar("T")

ROUNDS = Counter("password_rounds_total", "Rounds of bcrypt done to check passwords, for members and strangers alike")


class TooBusy(Unavailable):
    """More passwords wait to be checked than could be in good time."""

    code = "password.busy"


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, cost: int) -> None:
        """`cost` is bcrypt's: 2**cost rounds."""
        self._cost = cost
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        self._waiting = 0

    def nobodys(self) -> str:
        """Return the hash of no password: for members who log in by another provider only."""
        return bcrypt.gensalt(self._cost).decode() + "." * _DIGEST_LENGTH

    @staticmethod
    def is_nobodys(stored: str | None) -> bool:
        """Say whether `stored` is the hash of no password, of whatever cost."""
        return stored is None or stored.endswith("." * _DIGEST_LENGTH)

    async def hash(self, password: str) -> str:
        """Return the hash to store. Raises TooBusy."""
        return await self._work(lambda: bcrypt.hashpw(_prepared(password), bcrypt.gensalt(self._cost)).decode())

    async def matches(self, password: str, stored: str | None) -> bool:
        """Return whether `stored` is the hash of `password`; a refusal costs the same with any hash, and with None.

        None stands for a stranger. Raises TooBusy.
        """
        return await self._work(lambda: self._check(_prepared(password), stored))

    def is_weak(self, stored: str) -> bool:
        """Say whether `stored` was made with less work than is asked for now."""
        return _cost(stored) < self._cost

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _check(self, prepared: bytes, stored: str | None) -> bool:
        lowest = self._cost
        if stored is not None:
            lowest = _cost(stored)
            ROUNDS.inc(1 << lowest)
            if bcrypt.checkpw(prepared, stored.encode()):
                return True
        else:
            _refuse(prepared, self._cost)
        # A hash of before costs less: 2**c and then 2**c + 2**(c+1) + … up to the present cost's half make it up.
        for cost in range(lowest, self._cost):
            _refuse(prepared, cost)
        return False

    async def _work(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise TooBusy()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _refuse(prepared: bytes, cost: int) -> None:
    # No password has this hash, and finding that out takes as long as with a real one.
    ROUNDS.inc(1 << cost)
    bcrypt.checkpw(prepared, bcrypt.gensalt(cost) + b"." * _DIGEST_LENGTH)


def _cost(stored: str) -> int:
    return int(stored.split("$")[2])


def _prepared(password: str) -> bytes:
    # Bcrypt reads 72 bytes and stops at a zero byte: the digest is shorter, and base64 has none. Hangul comes
    # composed or not, depending on the keyboard.
    composed = unicodedata.normalize("NFC", password)
    return base64.b64encode(hashlib.sha256(composed.encode()).digest())
