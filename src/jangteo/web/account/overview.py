"""The front page of an account, and the mails that the member was sent."""

import asyncio

from litestar import Response, get
from litestar.params import FromQuery

from jangteo.web.account.answers import Grade, Grades, Me, MyGrade, Notices
from jangteo.web.given import VisitOf
from jangteo.web.visit import Visit


@get("/account", include_in_schema=False)
async def overview(visit: VisitOf) -> Response[bytes]:
    """Show who one is here, and the way to everything else."""
    visit.require_member()
    me, mine, grades = await asyncio.gather(
        visit.mall.get("/v1/members/me", Me),
        visit.mall.get("/v1/members/me/grade", MyGrade),
        visit.mall.get("/v1/member-grades", Grades),
    )
    following = min(
        (one for one in grades.items if one.threshold > mine.amount), key=lambda one: one.threshold, default=None
    )
    return await visit.page(
        "account/overview.html",
        me=me,
        mine=mine,
        grade=_named(visit, mine.grade),
        following=_named(visit, following) if following else "",
        missing=following.threshold - mine.amount if following else 0,
    )


@get("/account/notices", include_in_schema=False)
async def notices(visit: VisitOf, cursor: FromQuery[str] = "") -> Response[bytes]:
    """Show what the member was sent, the newest first."""
    visit.require_member()
    return await visit.page(
        "account/notices.html", found=await visit.mall.get("/v1/notifications", Notices, cursor=cursor)
    )


def _named(visit: Visit, grade: Grade) -> str:
    return grade.name_en if visit.language == "en" else grade.name_ko


ROUTES = [overview, notices]
