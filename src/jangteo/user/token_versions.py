"""The version of each member's tokens: raised whenever what the member may do changes, so that older ones end."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from jangteo.kit.auth import LEEWAY_SECONDS
from jangteo.kit.postgres import EVERY_TENANT, Database, Reader, Transaction
from jangteo.kit.superseded import SupersededTokens, TokenVersion, Versions

# A change is dated before its commit, which may be this much later.
_LONGEST_TRANSACTION = timedelta(seconds=60)


async def supersede_tokens(transaction: Transaction, members: Iterable[UUID]) -> None:
    """Let all access tokens end that `members` have; refreshing their sessions gives new ones."""
    await transaction.execute(
        "INSERT INTO token_versions AS mine (tenant, member_id, version, changed_at)"
        " SELECT $1, id, 1, $3 FROM unnest($2::uuid[]) id ORDER BY id"
        " ON CONFLICT (member_id) DO UPDATE SET version = mine.version + 1, changed_at = $3",
        transaction.tenant,
        list(set(members)),
        transaction.clock.now(),
    )


async def token_version(reader: Reader, member: UUID) -> int:
    """Return the version that a token of `member` must tell. Read it before what the token is to say."""
    found: int | None = await reader.fetchval(
        "SELECT version FROM token_versions WHERE tenant = $1 AND member_id = $2", reader.tenant, member
    )
    return found or 0


class TokenVersions:
    """Tells the token checks of all processes, this one's included, whose versions changed."""

    def __init__(self, database: Database, *, token_seconds: int) -> None:
        """`token_seconds` is how long an access token lives."""
        self._database = database
        self._life = timedelta(seconds=token_seconds + LEEWAY_SECONDS) + _LONGEST_TRANSACTION

    async def lately(self) -> SupersededTokens:
        """Return the versions of all members, of all tenants, who may still have an older token."""
        since = self._database.clock.now() - self._life
        async with self._database.read(EVERY_TENANT) as reader:
            rows = await reader.fetch(
                "SELECT tenant, member_id, version FROM token_versions WHERE changed_at > $1", since
            )
        return SupersededTokens(items=[TokenVersion(**row) for row in rows])

    async def fetch(self) -> Versions:
        """Return the same, as this service's own token check asks for it."""
        return (await self.lately()).versions()
