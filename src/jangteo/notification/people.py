"""What the notification service keeps about a person: what they were told, and when."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from jangteo.kit.people import Counts, Standing
from jangteo.kit.postgres import Reader, Transaction

_ALL = """
SELECT template, channel, status, subject, facts, created_at, finished_at FROM notifications
WHERE tenant = $1 AND member_id = $2 ORDER BY id
"""


class NotificationPeople:
    """Those who are told."""

    covers: ClassVar[Mapping[str, str]] = {"notifications": "deleted"}

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return that nothing here holds anybody, and nothing has to be kept."""
        return Standing()

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return every notice."""
        rows = await reader.fetch(_ALL, reader.tenant, person)
        return {"notifications": [dict(row) | {"facts": msgspec.json.decode(row["facts"])} for row in rows]}

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Delete every notice, told or not."""
        gone = await transaction.execute(
            "DELETE FROM notifications WHERE tenant = $1 AND member_id = $2", transaction.tenant, person
        )
        return Counts({"notifications": gone}, {})
