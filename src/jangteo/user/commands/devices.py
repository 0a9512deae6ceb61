"""Knowing one's devices: what each session is used with, told when a new one comes, and ended by its owner."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from jangteo.kit.postgres import Database, Reader, Transaction
from jangteo.kit.privacy import PersonKey
from jangteo.user.domain.device import UNKNOWN, Device, SessionUnknown
from jangteo.user.mails import Mails
from jangteo.user.second_factor_store import drop_challenges
from jangteo.user.session_store import revoke_session, revoke_sessions
from jangteo.user.store import Members
from jangteo.user.token_versions import supersede_tokens

_PURPOSE = "session.device"
_OPEN = """
SELECT id, sealed, turned_at, created_at FROM sessions
WHERE tenant = $1 AND member_id = $2 AND revoked_at IS NULL AND least(idle_until, expires_at) > $3
ORDER BY turned_at DESC, id DESC
"""
_KNOWN = """
SELECT count(*) AS devices, count(*) FILTER (WHERE device_index = $3) AS same FROM sessions
WHERE tenant = $1 AND member_id = $2 AND device_index IS NOT NULL
"""


class Entry(NamedTuple):
    """An open session of a member."""

    id: UUID
    device: Device
    opened_at: datetime
    used_at: datetime


class Devices:
    """The devices of all members."""

    def __init__(self, database: Database, members: Members, mails: Mails) -> None:
        self._database = database
        self._vault = members.vault
        self._mails = mails

    async def opened(self, transaction: Transaction, member: UUID, session: UUID, device: Device) -> None:
        """Note with what a session was opened; of a device that the member never used before a mail tells."""
        key = await self._vault.key(transaction, member)
        known: Any = await transaction.fetchrow(_KNOWN, transaction.tenant, member, _index(key, device))
        await self._note(transaction, key, session, device)
        if known["devices"] and not known["same"]:
            parameters = {"device": device.name, "at": transaction.clock.now().isoformat()}
            await self._mails.request(transaction, member, "new_device", parameters=parameters)

    async def used(self, transaction: Transaction, member: UUID, session: UUID, device: Device) -> None:
        """Note with what a session was used last."""
        await self._note(transaction, await self._vault.key(transaction, member), session, device)

    async def list(self, tenant: str, member: UUID) -> list[Entry]:
        """Return the member's open sessions, the last used first."""
        async with self._database.read(tenant) as reader:
            rows = await reader.fetch(_OPEN, tenant, member, self._database.clock.now())
            return [
                Entry(row["id"], await self._device(reader, member, row), row["created_at"], row["turned_at"])
                for row in rows
            ]

    async def end(self, tenant: str, member: UUID, session: UUID) -> None:
        """End one of the member's own sessions. Raises SessionUnknown."""
        async with self._database.transaction(tenant) as transaction:
            found = await transaction.fetchval(
                "SELECT id FROM sessions WHERE tenant = $1 AND id = $2 AND member_id = $3", tenant, session, member
            )
            if found is None or not await revoke_session(transaction, session, "ended by its owner"):
                raise SessionUnknown()
            await supersede_tokens(transaction, [member])

    async def end_all(self, tenant: str, member: UUID) -> None:
        """End all sessions of a member, also the one that asks, and log-ins that are half done."""
        async with self._database.transaction(tenant) as transaction:
            await revoke_sessions(transaction, member, "logged out everywhere")
            await drop_challenges(transaction, member)
            await supersede_tokens(transaction, [member])

    async def _note(self, transaction: Transaction, key: PersonKey, session: UUID, device: Device) -> None:
        await transaction.execute(
            "UPDATE sessions SET sealed = $3, device_index = $4 WHERE tenant = $1 AND id = $2",
            transaction.tenant,
            session,
            key.encrypt(msgspec.json.encode(device).decode(), _PURPOSE),
            _index(key, device),
        )

    async def _device(self, reader: Reader, member: UUID, row: Any) -> Device:
        if row["sealed"] is None:
            return Device(name=UNKNOWN, address="")
        key = await self._vault.key(reader, member)
        return msgspec.json.decode(key.decrypt(row["sealed"], _PURPOSE), type=Device)


def _index(key: PersonKey, device: Device) -> bytes:
    return key.digest(device.name, _PURPOSE)
