"""Members, as staff see them: masked, unless a reason is given, which is recorded; and the roles they have."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.paging import onward
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

AREA, PATH = "members", "/office/members"
READ, UNMASK, MANAGE_ROLES = "members.read", "members.unmask", "roles.manage"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A member as the mall shows one."""

    id: UUID
    email: str
    name: str
    phone: str | None
    masked: bool
    language: str
    roles: list[str]
    created_at: datetime


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/members, and POST /v1/members/search."""

    items: list[Seen]
    next_cursor: UUID | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A set of permissions with a name."""

    name: str
    permissions: list[str]
    built_in: bool = False
    version: str


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/roles."""

    items: list[Role]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The roles of a member."""

    roles: list[str]
    version: str


@get(PATH, include_in_schema=False)
async def members(visit: VisitOf, cursor: FromQuery[UUID | None] = None) -> Response[bytes]:
    """Show the members, the newest first."""
    visit.require(READ)
    page = await visit.mall.get("/v1/members", Page, cursor=cursor, size=30)
    return await _listed(visit, page.items, onward(PATH, page.next_cursor), is_first=cursor is None)


@post(f"{PATH}/search", include_in_schema=False)
async def search(visit: VisitOf) -> Response[bytes]:
    """Show who has an e-mail. It comes in a form and not in the address, so that it stands in no log."""
    visit.require(READ)
    email = visit.form.text("email")
    if not email:
        return visit.redirect(PATH)
    found = await visit.mall.post("/v1/members/search", {"email": email}, Page)
    return await _listed(visit, found.items, "", is_first=False, form=visit.form, sought=email)


@get(f"{PATH}/{{member_id:uuid}}", include_in_schema=False)
async def member(visit: VisitOf, member_id: FromPath[UUID]) -> Response[bytes]:
    """Show a member, masked."""
    visit.require(READ)
    return await _shown(visit, await _profile(visit, member_id), Form())


@post(f"{PATH}/{{member_id:uuid}}/disclosure", include_in_schema=False)
async def disclose(visit: VisitOf, member_id: FromPath[UUID]) -> Response[bytes]:
    """Show a member unmasked, once, for a reason: whoever wants to see it again says again why."""
    visit.require(UNMASK)
    path = f"/v1/members/{member_id}/profile-disclosure"
    try:
        seen = await visit.mall.post(path, {"reason": visit.form.text("reason")}, Seen)
    except Problem as problem:
        if problem.status != 422:
            raise
        visit.form.refuse(problem)
        return await _shown(visit, await _profile(visit, member_id), visit.form, status=422)
    return await _shown(visit, seen, Form())


@post(f"{PATH}/{{member_id:uuid}}/roles", include_in_schema=False)
async def give_roles(visit: VisitOf, member_id: FromPath[UUID]) -> Response[bytes]:
    """Let a member have the roles that are ticked, if the member still has those that the form showed."""
    visit.require(MANAGE_ROLES)
    path, version = f"/v1/members/{member_id}/roles", f'"{visit.form.text("version")[:40]}"'
    try:
        await visit.mall.put(path, {"roles": visit.form.many("roles")}, Given, version=version)
    except Problem as problem:
        if problem.status not in (403, 409, 422):
            raise
        visit.form.refuse(problem)
        is_stale = problem.code == "member.roles_edited"
        seen = await _profile(visit, member_id)
        return await _shown(visit, seen, visit.form, status=problem.status, is_stale=is_stale)
    visit.flash("good", visit.t("office_members.roles.saved"))
    return visit.redirect(f"{PATH}/{member_id}")


async def _profile(visit: Visit, id: UUID) -> Seen:
    return await visit.mall.get(f"/v1/members/{id}/profile", Seen)


async def _listed(
    visit: Visit, items: Sequence[Seen], onward: str, *, is_first: bool, form: Form | None = None, sought: str = ""
) -> Response[bytes]:
    return await office_page(
        visit,
        "office/members.html",
        area=AREA,
        items=items,
        onward=onward,
        is_first=is_first,
        form=form or Form(),
        sought=sought,
    )


async def _shown(visit: Visit, seen: Seen, form: Form, *, status: int = 200, is_stale: bool = False) -> Response[bytes]:
    roles: list[Role] = []
    wanted, version, stale = seen.roles, "", None
    if MANAGE_ROLES in visit.permissions:
        known, given = await asyncio.gather(
            visit.mall.get("/v1/roles", Roles), visit.mall.get(f"/v1/members/{seen.id}/roles", Given)
        )
        roles, wanted, version = known.items, given.roles, given.version
        if form.is_wrong and visit.path.endswith("/roles"):
            wanted = form.many("roles")
            version = version if is_stale else form.text("version")
            stale = both([(one.name, one.name) for one in roles], wanted, given.roles) if is_stale else None
    values: dict[str, Any] = {"roles": roles, "wanted": wanted, "version": version, "stale": stale}
    return await office_page(visit, "office/member.html", area=AREA, status=status, seen=seen, form=form, **values)


def both(choices: list[tuple[str, str]], mine: list[str], theirs: list[str]) -> list[tuple[str, bool, bool]]:
    """Return what two sets differ in: of each choice (name, label) its label, whether I ticked it, whether they did."""
    return [(label, name in mine, name in theirs) for name, label in choices if (name in mine) != (name in theirs)]


ROUTES = [members, search, member, disclose, give_roles]
