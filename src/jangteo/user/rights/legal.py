"""Reading what the law keeps: for one purpose at a time, by those who may, with a reason that is written down first."""

from uuid import UUID

from jangteo.contracts.people import PARTICIPANTS
from jangteo.contracts.retention import RULES
from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid
from jangteo.kit.people import People
from jangteo.kit.postgres import Database
from jangteo.user.rights.neighbours import Neighbours
from jangteo.user.rights.schemas import LegalRecordsOut

READ = "legal.read"
OWN = "user"


class PurposeUnknown(Invalid):
    """Nothing is kept for that."""

    code = "legal.purpose"
    ko = "보존 목적이 올바르지 않습니다."
    en = "There is no such purpose of retention."


class ServiceUnknown(Invalid):
    """No such service keeps anything."""

    code = "legal.service"
    ko = "그런 서비스가 없습니다."
    en = "There is no such service."


class LegalReader:
    """Reads the legal records of all services."""

    def __init__(self, database: Database, people: People, neighbours: Neighbours) -> None:
        self._database = database
        self._people = people
        self._neighbours = neighbours

    async def read(
        self,
        caller: Caller,
        service: str,
        purpose: str,
        reason: str,
        *,
        reference: str | None,
        cursor: UUID | None,
    ) -> LegalRecordsOut:
        """Return a page of what `service` keeps for `purpose`.

        Raises PermissionMissing, PurposeUnknown, ServiceUnknown, ReasonInvalid, Unavailable.
        """
        caller.require(READ)
        tenant = caller.tenant
        if purpose not in RULES:
            raise PurposeUnknown(field="purpose")
        if service != OWN and service not in PARTICIPANTS:
            raise ServiceUnknown(field="service")
        # Before it is read: who got an answer is in the book, whatever happens afterwards.
        details = {"reference": reference or "", "cursor": str(cursor or "")}
        on = f"legal_records:{service}/{purpose}"
        await audit.note(
            self._database,
            caller.tenant,
            Entry(by=caller, action="legal_records.read", on=on, reason=reason_given(reason), details=details),
        )
        if service == OWN:
            page = await self._people.legal_records(tenant, purpose, reference, cursor)
        else:
            page = await self._neighbours.legal_records(service, tenant, purpose, reference, cursor)
        return LegalRecordsOut(service=service, purpose=purpose, items=page.items, next_cursor=page.next_cursor)
