"""A copy of everything: gathered from one service after the other, each part sealed under the member's own key."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.errors import Conflict, NotFound
from jangteo.kit.ids import new_id
from jangteo.kit.people import Document, People
from jangteo.kit.postgres import Database, Reader
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.kit.pruning import Retention
from jangteo.user.mails import Mails
from jangteo.user.rights.due import Due, put_off
from jangteo.user.rights.neighbours import Neighbours
from jangteo.user.rights.schemas import Archive, ExportOut
from jangteo.user.store import lock_member

log = logging.getLogger(__name__)

LIFE = timedelta(hours=24)
FORMAT = "jangteo-export/1"
OWN = "user"
_PART = "export.part"
_COLUMNS = "id, state, requested_at, ready_at, expires_at"
_LATEST = f"""
SELECT {_COLUMNS} FROM exports WHERE tenant = $1 AND member_id = $2 AND (expires_at IS NULL OR expires_at > $3)
ORDER BY requested_at DESC, id DESC LIMIT 10
"""
# A day after its link has ended, nothing of it is there any more.
RETENTION = Retention("exports", "expires_at", timedelta(0))


class ExportUnknown(NotFound):
    """There is no such export, or it is somebody else's, or its time is over."""

    code = "export.unknown"
    ko = "내려받을 자료가 없거나 유효 기간이 지났습니다."
    en = "There is no such export, or its time is over."


class ExportNotReady(Conflict):
    """It is still being gathered."""

    code = "export.not_ready"
    ko = "아직 준비 중입니다."
    en = "It is not ready yet."


class Exports:
    """The exports of all members."""

    def __init__(self, database: Database, vault: Vault, mails: Mails, people: People, neighbours: Neighbours) -> None:
        self._database = database
        self._vault = vault
        self._mails = mails
        self._people = people
        self._neighbours = neighbours

    async def request(self, tenant: str, member: UUID) -> ExportOut:
        """Begin an export, or return the one that is being gathered. Raises MemberUnknown."""
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            found = await transaction.fetchval(
                "SELECT id FROM exports WHERE tenant = $1 AND member_id = $2 AND state = 'gathering'", tenant, member
            )
            id = found or new_id()
            if found is None:
                await transaction.execute(
                    "INSERT INTO exports (id, tenant, member_id, state, requested_at, due_at)"
                    " VALUES ($1, $2, $3, 'gathering', $4, $4)",
                    id,
                    tenant,
                    member,
                    transaction.clock.now(),
                )
            return await self._told(transaction, member, id)

    async def show(self, tenant: str, member: UUID, id: UUID) -> ExportOut:
        """Return how far it is. Raises ExportUnknown."""
        async with self._database.read(tenant) as reader:
            return await self._told(reader, member, id)

    async def current(self, tenant: str, member: UUID) -> list[ExportOut]:
        """Return the exports whose time is not over, the newest first: a few at the most."""
        async with self._database.read(tenant) as reader:
            rows = await reader.fetch(_LATEST, tenant, member, self._database.clock.now())
            return [await self._view(reader, row) for row in rows]

    async def archive(self, tenant: str, member: UUID, id: UUID) -> Archive:
        """Return what was gathered. Raises ExportUnknown, ExportNotReady."""
        async with self._database.read(tenant) as reader:
            row = await self._row(reader, member, id)
            if row["state"] != "ready":
                raise ExportNotReady()
            try:
                key = await self._vault.key(reader, member)
            except PersonErased:
                raise ExportUnknown() from None
            parts = await reader.fetch(
                "SELECT service, sealed FROM export_parts WHERE tenant = $1 AND export_id = $2 ORDER BY service",
                tenant,
                id,
            )
        documents = {part["service"]: msgspec.Raw(key.decrypt(part["sealed"], _PART).encode()) for part in parts}
        return Archive(format=FORMAT, member_id=member, made_at=row["ready_at"], documents=documents)

    async def go_on(self, due: Due) -> None:
        """Ask the services that have not answered, one by one; end where all have. Raises Unavailable: ask later."""
        for service in await self._missing(due):
            if service == OWN:
                document = await self._people.document(due.tenant, due.member_id)
            else:
                document = await self._neighbours.document(service, due.tenant, due.member_id)
            await self._keep(due, document, service)
        async with self._database.transaction(due.tenant) as transaction:
            now = transaction.clock.now()
            ended = await transaction.execute(
                "UPDATE exports SET state = 'ready', ready_at = $3, expires_at = $4, due_at = NULL"
                " WHERE tenant = $1 AND id = $2 AND state = 'gathering'",
                due.tenant,
                due.id,
                now,
                now + LIFE,
            )
            if ended:
                await self._mails.request(transaction, due.member_id, "export_ready")

    async def postpone(self, due: Due) -> None:
        """Try again later: a service does not answer."""
        await put_off(self._database, "exports", due)

    async def _keep(self, due: Due, document: Document, service: str) -> None:
        async with self._database.transaction(due.tenant) as transaction:
            key = await self._vault.key(transaction, due.member_id)
            sealed = key.encrypt(msgspec.json.encode(document.data).decode(), _PART)
            try:
                await transaction.execute(
                    "INSERT INTO export_parts (tenant, export_id, service, sealed) VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT DO NOTHING",
                    due.tenant,
                    due.id,
                    service,
                    sealed,
                )
            except asyncpg.ForeignKeyViolationError:
                raise ExportUnknown() from None  # the member was erased meanwhile

    async def _missing(self, due: Due) -> list[str]:
        async with self._database.read(due.tenant) as reader:
            return await self._missing_of(reader, due.id)

    async def _missing_of(self, reader: Reader, id: UUID) -> list[str]:
        rows = await reader.fetch(
            "SELECT service FROM export_parts WHERE tenant = $1 AND export_id = $2", reader.tenant, id
        )
        there = {row["service"] for row in rows}
        return [service for service in (OWN, *self._neighbours.names) if service not in there]

    async def _row(self, reader: Reader, member: UUID, id: UUID) -> Any:
        row = await reader.fetchrow(
            f"SELECT {_COLUMNS} FROM exports WHERE tenant = $1 AND member_id = $2 AND id = $3"
            " AND (expires_at IS NULL OR expires_at > $4)",
            reader.tenant,
            member,
            id,
            self._database.clock.now(),
        )
        if row is None:
            raise ExportUnknown()
        return row

    async def _told(self, reader: Reader, member: UUID, id: UUID) -> ExportOut:
        return await self._view(reader, await self._row(reader, member, id))

    async def _view(self, reader: Reader, row: Any) -> ExportOut:
        ready, id = row["state"] == "ready", row["id"]
        return ExportOut(
            **dict(row),
            missing=[] if ready else await self._missing_of(reader, id),
            link=f"/v1/members/me/exports/{id}/archive" if ready else None,
        )
