"""One answer per Idempotency-Key: kept in the same transaction as the effect, so a repeat can never act again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec

from jangteo.kit.clock import unix_now
from jangteo.sandbox.database import Database
from jangteo.sandbox.problems import Refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS idempotent_answers (
    key TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotent_answers_age ON idempotent_answers (created_at);
"""


class KeyReused(Refusal):
    """The key was used for another request."""

    status = 422
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another request."


class KeyInUse(Refusal):
    """The first request with this key is still running."""

    status = 409
    code = "idempotency_key_in_use"
    detail = "The first request with this Idempotency-Key is still running."


class Stopping(Refusal):
    """The process ends while an answer is held back; the effect stays, a repeat with the same key tells it."""

    status = 503
    code = "provider_stopping"
    detail = "The provider is going down."


class Answer(msgspec.Struct, frozen=True):
    """What goes back to the caller, in bytes, so that a replay is equal to the last one."""

    status: int
    body: bytes
    replayed: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command decided: its answer, whether that is kept, and what must happen before it leaves."""

    answer: Answer
    kept: bool = True
    hold: float = 0.0  # seconds
    await_first: Callable[[], Awaitable[None]] | None = None


class IdempotentAnswers:
    """The answers given so far, and the keys whose request is running now."""

    def __init__(self, database: Database, now: Callable[[], float] = unix_now) -> None:
        self._database = database
        self._now = now
        self._running: dict[str, bytes] = {}

    async def once(self, key: str, request: str, body: bytes, decide: Callable[[], Outcome]) -> Answer:
        """Run `decide` in a transaction and keep its answer, or give the answer that the key already has.

        Raises KeyReused or KeyInUse. The caller's going away does not stop what is held back.
        """
        fingerprint = hashlib.blake2b(body, digest_size=16, person=_short(request)).digest()
        with self._reserved(key, fingerprint):
            row = self._database.row("SELECT fingerprint, status, body FROM idempotent_answers WHERE key = ?", key)
            if row is not None:
                if row[0] != fingerprint:
                    raise KeyReused(field="Idempotency-Key")
                return Answer(row[1], row[2], replayed=True)
            with self._database.transaction():
                outcome = decide()
                if outcome.kept:
                    self._keep(key, fingerprint, outcome.answer)
            if outcome.await_first is not None:
                await outcome.await_first()
            if outcome.hold:
                await _hold(outcome.hold)
            return outcome.answer

    def forget(self, before: float) -> None:
        """Free the keys used before `before` (unix seconds)."""
        self._database.execute("DELETE FROM idempotent_answers WHERE created_at < ?", before)

    @contextmanager
    def _reserved(self, key: str, fingerprint: bytes) -> Iterator[None]:
        other = self._running.get(key)
        if other is not None:
            if other != fingerprint:
                raise KeyReused(field="Idempotency-Key")
            raise KeyInUse(field="Idempotency-Key")
        self._running[key] = fingerprint
        try:
            yield
        finally:
            del self._running[key]

    def _keep(self, key: str, fingerprint: bytes, answer: Answer) -> None:
        self._database.execute(
            "INSERT INTO idempotent_answers VALUES (?, ?, ?, ?, ?)",
            *(key, fingerprint, answer.status, answer.body, self._now()),
        )


async def _hold(seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        # Only the end of the process cancels a request, and that is no reason for a traceback in the log.
        raise Stopping from None


def _short(request: str) -> bytes:
    return hashlib.blake2b(request.encode(), digest_size=16).digest()
