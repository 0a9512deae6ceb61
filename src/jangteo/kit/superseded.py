"""Which access tokens hold no more though they have not expired: those of members whose roles changed since.

The user service counts a version for each member, and a token tells the one it was made under. Every process asks
for the versions that changed lately, at most every 15 seconds and only while members call it. A token with
permissions is believed for 50 seconds after the last answer, then not until the next one: what somebody may no longer
do is over within a minute, whatever fails.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import msgspec

from jangteo.kit.errors import JangteoError, NotFound, Unauthenticated, Unavailable

log = logging.getLogger(__name__)

ASK_SECONDS = 15.0
BELIEVE_SECONDS = 50.0
RETRY_SECONDS = 5.0

# (tenant, member) -> the version that the member's tokens must have at least
Versions = Mapping[tuple[str, UUID], int]
Fetcher = Callable[[], Awaitable[Versions]]


class TokenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The least version that a member's access tokens must tell."""

    tenant: str
    member_id: UUID
    version: int


class SupersededTokens(msgspec.Struct, frozen=True, kw_only=True):
    """GET /internal/superseded-tokens of the user service: who may still have an older token, in all shops."""

    items: list[TokenVersion]

    def versions(self) -> Versions:
        """Return the versions by tenant and member."""
        return {(one.tenant, one.member_id): one.version for one in self.items}


class TokenSuperseded(Unauthenticated):
    """The member's roles have changed since: refreshing the session gives a token that holds."""

    code = "token.superseded"
    ko = "권한이 변경되었습니다. 로그인 정보를 갱신해 주세요."
    en = "What you may do has changed. Please refresh the session."


class StandingUnknown(Unavailable):
    """Whether a token's permissions still hold cannot be found out just now."""

    code = "permissions.unknown"


class Superseded:
    """What one process knows of changed members."""

    def __init__(self, fetch: Fetcher, now: Callable[[], float] = time.monotonic) -> None:
        """`fetch` returns every version that changed within the life of a token; it may raise JangteoError.

        `now` gives seconds of a clock that is never set back.
        """
        self._fetch = fetch
        self._now = now
        self._versions: Versions = {}
        self._known_at = float("-inf")
        self._failed_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._changes = 0

    async def check(self, tenant: str, member: UUID, version: int, *, privileged: bool) -> None:
        """Raise TokenSuperseded for a token older than the member's last change.

        Raises StandingUnknown for a `privileged` one while that cannot be known; others are let pass.
        """
        now = self._now()
        if now - self._known_at > ASK_SECONDS:
            await self._ask_again(now, privileged)
        if self._versions and self._versions.get((tenant, member), 0) > version:
            raise TokenSuperseded(field="Authorization")

    def forget(self) -> None:
        """Ask again before the next token is believed: this very process made a change."""
        self._known_at = self._failed_at = float("-inf")
        self._changes += 1

    async def _ask_again(self, now: float, privileged: bool) -> None:
        failing = now - self._failed_at < RETRY_SECONDS
        if self._asking is None and not failing:
            self._asking = asyncio.create_task(self._ask())
        if now - self._known_at <= BELIEVE_SECONDS:
            return
        # Customers need no list to be served: they wait for the first answer, never for one that fails.
        if (asking := self._asking) is not None and (privileged or self._failed_at == float("-inf")):
            await asyncio.shield(asking)
        if privileged and self._now() - self._known_at > BELIEVE_SECONDS:
            raise StandingUnknown()

    async def _ask(self) -> None:
        try:
            while True:
                asked_at, changes = self._now(), self._changes
                try:
                    versions = await self._fetch()
                except NotFound:
                    versions = {}  # a user service of before these versions: it supersedes nothing
                if changes == self._changes:
                    break
            # As of when it was asked: what changed meanwhile may be missing.
            self._versions, self._known_at, self._failed_at = versions, asked_at, float("-inf")
        except JangteoError as error:
            log.warning("whose roles changed could not be asked: %s", error)
            self._failed_at = self._now()
        finally:
            self._asking = None
