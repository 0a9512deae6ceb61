"""The record of log-ins: when, by what way, with which device and from where; three months, then deleted by itself.

Somebody who knows the password and not the second factor is in it. A wrong password is not: it could be noted for
known addresses only, and the time that takes would tell them from unknown ones.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from jangteo.contracts.retention import ACCESS_LOG, RULES
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import Vault
from jangteo.kit.pruning import Retention
from jangteo.kit.retention import day_of
from jangteo.user.domain.device import UNKNOWN, Device

Outcome = Literal["opened", "code_refused"]
BY_PASSWORD, BY_CODE = "password", "second_factor"
_DEVICE = "log_in.device"
_COLUMNS = "id, at, outcome, way, session_id, sealed"
# `due_on` is the first day on which a row need not be kept: it goes on that day.
RETENTION = Retention("log_ins", "due_on", timedelta(0), lambda moment: day_of(moment) + timedelta(days=1))


class LogIn(msgspec.Struct, frozen=True, kw_only=True):
    """One log-in. `way` is `password`, `second_factor` or a provider's name; `session` is null where none opened."""

    id: UUID
    at: datetime
    outcome: Outcome
    way: str
    session: UUID | None
    device: Device


class LogIns:
    """The log-ins of all members."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def opened(
        self, transaction: Transaction, member: UUID, session: UUID, way: str, device: Device | None
    ) -> None:
        """Note that a session was opened by `way`."""
        await self._note(transaction, member, "opened", way, session, device)

    async def code_refused(self, transaction: Transaction, member: UUID, device: Device | None) -> None:
        """Note that somebody knew the first factor and not the second."""
        await self._note(transaction, member, "code_refused", BY_CODE, None, device)

    async def page(self, reader: Reader, member: UUID, cursor: UUID | None, size: int) -> list[LogIn]:
        """Return up to `size` log-ins, the newest first, those before `cursor` where it is named."""
        rows = await reader.fetch(
            f"SELECT {_COLUMNS} FROM log_ins WHERE tenant = $1 AND member_id = $2 AND ($3::uuid IS NULL OR id < $3)"
            " ORDER BY id DESC LIMIT $4",
            *(reader.tenant, member, cursor, size),
        )
        if not rows:
            return []
        key = await self._vault.key(reader, member)
        return [
            LogIn(
                id=row["id"],
                at=row["at"],
                outcome=row["outcome"],
                way=row["way"],
                session=row["session_id"],
                device=msgspec.json.decode(key.decrypt(row["sealed"], _DEVICE), type=Device),
            )
            for row in rows
        ]

    async def all(self, reader: Reader, member: UUID) -> list[LogIn]:
        """Return all of a member's log-ins, the oldest first."""
        count = await reader.fetchval(
            "SELECT count(*) FROM log_ins WHERE tenant = $1 AND member_id = $2", reader.tenant, member
        )
        return (await self.page(reader, member, None, count))[::-1]

    async def _note(
        self,
        transaction: Transaction,
        member: UUID,
        outcome: Outcome,
        way: str,
        session: UUID | None,
        device: Device | None,
    ) -> None:
        key, now = await self._vault.key(transaction, member), transaction.clock.now()
        told = device or Device(name=UNKNOWN, address="")
        await transaction.execute(
            "INSERT INTO log_ins (tenant, id, member_id, at, outcome, way, session_id, sealed, due_on)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            *(transaction.tenant, new_id(), member, now, outcome, way, session),
            key.encrypt(msgspec.json.encode(told).decode(), _DEVICE),
            RULES.due_on(ACCESS_LOG, day_of(now)),
        )
