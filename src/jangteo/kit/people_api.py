"""The internal routes of a person's rights, the same in every service, for the service of the members alone."""

from typing import Annotated, Protocol
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation

from jangteo.kit.auth import Caller
from jangteo.kit.legal_archive import LegalPage
from jangteo.kit.people import Document, Standing

ASKER = "user"


class AnyPeople(Protocol):
    """What these routes need; `People` is one for services with a database."""

    async def standing(self, tenant: str, person: UUID) -> Standing: ...

    async def document(self, tenant: str, person: UUID) -> Document: ...

    async def legal_records(
        self, tenant: str, purpose: str, reference: str | None = None, cursor: UUID | None = None
    ) -> LegalPage: ...


CallerOf = NamedDependency[SkipValidation[Caller]]
PeopleOf = NamedDependency[SkipValidation[AnyPeople]]
Purpose = Annotated[str, QueryParameter(pattern="^[a-z_]{1,40}$")]


@get("/internal/people/{person_id:uuid}/holds", include_in_schema=False)
async def holds(person_id: FromPath[UUID], caller: CallerOf, people: PeopleOf) -> Standing:
    """Tell what is not settled of a person, and what the law will have kept."""
    caller.require_service(ASKER)
    return await people.standing(caller.tenant, person_id)


@get("/internal/people/{person_id:uuid}/data", include_in_schema=False)
async def data(person_id: FromPath[UUID], caller: CallerOf, people: PeopleOf) -> Document:
    """Give all that there is about a person, readable."""
    caller.require_service(ASKER)
    return await people.document(caller.tenant, person_id)


@get("/internal/legal-records", include_in_schema=False)
async def legal_records(
    purpose: Purpose,
    caller: CallerOf,
    people: PeopleOf,
    reference: Annotated[str | None, QueryParameter(max_length=100)] = None,
    cursor: Annotated[UUID | None, QueryParameter()] = None,
) -> LegalPage:
    """Give what is kept for a purpose; the asker has seen to who may read it, and why."""
    caller.require_service(ASKER)
    return await people.legal_records(caller.tenant, purpose, reference, cursor)


ROUTES = [holds, data, legal_records]
