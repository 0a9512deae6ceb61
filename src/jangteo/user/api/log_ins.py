"""Routes of the record of log-ins: one's own, and what staff see of others'."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation

from jangteo.kit.http.permission import needs
from jangteo.user.account_schemas import LogInPage
from jangteo.user.api.given import PERSONAL, Caller
from jangteo.user.commands import reading_log_ins
from jangteo.user.domain.permissions import UNMASK_MEMBERS
from jangteo.user.staff_schemas import LogInDisclosure

ReadingLogIns: TypeAlias = NamedDependency[SkipValidation[reading_log_ins.ReadingLogIns]]
Size = Annotated[int, QueryParameter(ge=1, le=50)]


@get("/v1/members/me/log-ins", cache_control=PERSONAL)
async def my_log_ins(
    caller: Caller, reading_log_ins: ReadingLogIns, cursor: FromQuery[UUID | None] = None, size: Size = 20
) -> LogInPage:
    """Show when, with what and from where somebody logged in to the caller's account; the last three months."""
    return await reading_log_ins.mine(caller, cursor, size)


@get("/v1/members/{member_id:uuid}/access-log", cache_control=PERSONAL)
async def log_ins_of(
    member_id: FromPath[UUID],
    caller: Caller,
    reading_log_ins: ReadingLogIns,
    cursor: FromQuery[UUID | None] = None,
    size: Size = 20,
) -> LogInPage:
    """Show the log-ins of a member, network addresses masked."""
    return await reading_log_ins.seen(caller, member_id, cursor, size)


@post(
    "/v1/members/{member_id:uuid}/access-log-disclosure",
    cache_control=PERSONAL,
    status_code=200,
    guards=[needs(UNMASK_MEMBERS)],
)
async def disclose_log_ins(
    member_id: FromPath[UUID], data: JSONBody[LogInDisclosure], caller: Caller, reading_log_ins: ReadingLogIns
) -> LogInPage:
    """Show them unmasked, for a reason that is recorded."""
    return await reading_log_ins.disclosed(caller, member_id, data.cursor, data.size, data.reason)


ROUTES = [my_log_ins, log_ins_of, disclose_log_ins]
