"""Routes by which staff look members up."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation

from jangteo.kit.http.permission import needs
from jangteo.user.api.given import PERSONAL, Caller
from jangteo.user.commands import looking_up
from jangteo.user.domain.permissions import READ_MEMBERS, UNMASK_MEMBERS
from jangteo.user.staff_schemas import Disclosure, MemberPage, MemberSearch, MemberSeen, MembersFound

LookingUp: TypeAlias = NamedDependency[SkipValidation[looking_up.LookingUp]]


@get("/v1/members", cache_control=PERSONAL)
async def list_members(
    caller: Caller,
    looking_up: LookingUp,
    cursor: FromQuery[UUID | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=50)] = 20,
) -> MemberPage:
    """List members, masked, the newest first."""
    return await looking_up.page(caller, cursor, size)


@post("/v1/members/search", cache_control=PERSONAL, status_code=200, guards=[needs(READ_MEMBERS)])
async def search_members(data: JSONBody[MemberSearch], caller: Caller, looking_up: LookingUp) -> MembersFound:
    """Find the member with exactly this e-mail, masked."""
    return await looking_up.search(caller, data.email)


@get("/v1/members/{member_id:uuid}/profile", cache_control=PERSONAL)
async def show_member(member_id: FromPath[UUID], caller: Caller, looking_up: LookingUp) -> MemberSeen:
    """Show a member, masked."""
    return await looking_up.profile(caller, member_id)


@post(
    "/v1/members/{member_id:uuid}/profile-disclosure",
    cache_control=PERSONAL,
    status_code=200,
    guards=[needs(UNMASK_MEMBERS)],
)
async def disclose_member(
    member_id: FromPath[UUID], data: JSONBody[Disclosure], caller: Caller, looking_up: LookingUp
) -> MemberSeen:
    """Show a member unmasked, for a reason that is recorded."""
    return await looking_up.disclose(caller, member_id, data.reason)


ROUTES = [list_members, search_members, show_member, disclose_member]
