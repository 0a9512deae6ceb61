"""Idempotency keys: the same request under the same key has one effect and one answer.

The answer is stored in the transaction of the effect, under a unique key, so that of any number of parallel twins
exactly one commits; the others are given its answer.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from jangteo.kit.errors import Invalid, JangteoError
from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.pruning import Retention

MAX_KEY_LENGTH = 255


class KeyMissing(Invalid):
    """The header is missing."""

    code = "idempotency_key.missing"
    ko = "Idempotency-Key 헤더가 필요합니다."
    en = "The header Idempotency-Key is required."


class KeyMalformed(Invalid):
    """The header is empty, too long or not printable ASCII."""

    code = "idempotency_key.malformed"
    ko = "Idempotency-Key는 1~255자의 출력 가능한 ASCII여야 합니다."
    en = "Idempotency-Key must be 1 to 255 printable ASCII characters."


class KeyReused(Invalid):
    """The key was used before with another body."""

    code = "idempotency_key.reused"
    ko = "같은 Idempotency-Key가 다른 내용의 요청에 이미 사용되었습니다."
    en = "This Idempotency-Key was used before for a request with another body."


class Answer(NamedTuple):
    """What was, or will be, answered: the status and the JSON body."""

    status: int
    body: bytes


class _TwinWon(Exception):
    """A parallel request under the same key committed first."""


class IdempotencyKey:
    """One key of one caller for one operation, with the digest of what was asked."""

    def __init__(self, *, tenant: str, caller: str, operation: str, key: str | None, request: Any) -> None:
        """Raise KeyMissing or KeyMalformed where `key` is not usable."""
        if key is None:
            raise KeyMissing(field="Idempotency-Key")
        if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
            raise KeyMalformed(field="Idempotency-Key")
        self.tenant = tenant
        self._identity = (caller, operation, key)
        self._digest = hashlib.sha256(msgspec.json.encode(request, order="deterministic")).digest()

    async def remember(self, transaction: Transaction, status: int, body: Any) -> Answer:
        """Store the answer with the effect; call it last in the transaction that has the effect."""
        answer = Answer(status, msgspec.json.encode(body))
        stored = await transaction.execute(
            "INSERT INTO idempotency (tenant, caller, operation, key, request_digest, status, body)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            transaction.tenant,
            *self._identity,
            self._digest,
            status,
            answer.body,
        )
        if not stored:
            raise _TwinWon
        return answer

    async def recall(self, database: Database) -> Answer | None:
        """Return the stored answer, or None. Raises KeyReused where the request was another."""
        async with database.read(self.tenant) as reader:
            row = await reader.fetchrow(
                "SELECT request_digest, status, body FROM idempotency"
                " WHERE tenant = $1 AND caller = $2 AND operation = $3 AND key = $4",
                self.tenant,
                *self._identity,
            )
        if row is None:
            return None
        if row["request_digest"] != self._digest:
            raise KeyReused(field="Idempotency-Key")
        return Answer(row["status"], row["body"])


def retention(hours: float) -> Retention:
    """Return how long answers are kept; after that the same key asks for something new."""
    return Retention("idempotency", "created_at", timedelta(hours=hours))


async def once(database: Database, key: IdempotencyKey, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Do `work`, which calls `key.remember` in its transaction, unless it was done; return the one answer.

    Where `work` fails the key stays free. A twin that fails because the first one succeeded meanwhile is given
    the first one's answer.
    """
    if (answer := await key.recall(database)) is not None:
        return answer
    try:
        return await work()
    except (_TwinWon, JangteoError):
        if (answer := await key.recall(database)) is not None:
            return answer
        raise
