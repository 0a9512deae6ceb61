"""Bcrypt, away from the event loop: two threads, a bounded queue, and the same work for members and strangers."""

import asyncio
import base64
import hashlib
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from jangteo.kit.errors import Unavailable

THREADS = 2
MAX_WAITING = 100
_DIGEST_LENGTH = 31
T = TypeVar("T")


class TooBusy(Unavailable):
    """More passwords wait to be checked than could be in good time."""

    code = "password.busy"


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, cost: int) -> None:
        """`cost` is bcrypt's: 2**cost rounds."""
        self._cost = cost
        # No password has this hash, and finding that out takes as long as with a real one.
        self._nobodys = bcrypt.gensalt(cost).decode() + "." * _DIGEST_LENGTH
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash to store. Raises TooBusy."""
        return await self._work(lambda: bcrypt.hashpw(_prepared(password), bcrypt.gensalt(self._cost)).decode())

    async def matches(self, password: str, stored: str | None) -> bool:
        """Return whether `stored` is the hash of `password`; None, for a stranger, takes as long. Raises TooBusy."""
        against = (stored or self._nobodys).encode()
        same = await self._work(lambda: bcrypt.checkpw(_prepared(password), against))
        return same and stored is not None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    async def _work(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise TooBusy()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _prepared(password: str) -> bytes:
    # Bcrypt reads 72 bytes and stops at a zero byte: the digest is shorter, and base64 has none. Hangul comes
    # composed or not, depending on the keyboard.
    composed = unicodedata.normalize("NFC", password)
    return base64.b64encode(hashlib.sha256(composed.encode()).digest())
