"""Routes of the grades of members: shown to everybody, edited by staff, and one's own."""

from litestar import get, put
from litestar.params import JSONBody

from jangteo.kit.http.permission import needs
from jangteo.user.account_schemas import GradesIn, GradesOut, MyGrade
from jangteo.user.api.given import PERSONAL, Caller, Grades
from jangteo.user.grades import MANAGE_MEMBERS


@get("/v1/member-grades")
async def list_grades(caller: Caller, grades: Grades) -> GradesOut:
    """Show the shop's grades, the lowest first."""
    return await grades.every(caller.tenant)


@put("/v1/member-grades", guards=[needs(MANAGE_MEMBERS)])
async def replace_grades(data: JSONBody[GradesIn], caller: Caller, grades: Grades) -> GradesOut:
    """Let the shop have exactly these grades; everybody's own follows at once."""
    return await grades.replace(caller, data.items, data.span_days)


@get("/v1/members/me/grade", cache_control=PERSONAL)
async def my_grade(caller: Caller, grades: Grades) -> MyGrade:
    """Show the caller's own grade and the amount bought, net of refunds, that it comes from."""
    return await grades.of(caller.tenant, caller.member_id)


ROUTES = [list_grades, replace_grades, my_grade]
