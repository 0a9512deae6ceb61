"""Roles: which there are, what each allows, and new ones."""

from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.members import MANAGE_ROLES, Role, Roles, both
from jangteo.web.problem import NotThere, Problem
from jangteo.web.visit import Visit

AREA, PATH, API = "roles", "/office/roles", "/v1/roles"
_REFUSALS = (403, 404, 409, 422)


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """What may be allowed, in the visitor's language."""

    name: str
    description: str


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/permissions."""

    items: list[Permission]


@get(PATH, include_in_schema=False)
async def roles(visit: VisitOf) -> Response[bytes]:
    """Show all roles, and a form for a new one."""
    visit.require(MANAGE_ROLES)
    return await _listed(visit, Form())


@post(PATH, include_in_schema=False)
async def make(visit: VisitOf) -> Response[bytes]:
    """Make a role."""
    visit.require(MANAGE_ROLES)
    asked = {"name": visit.form.text("name"), "permissions": visit.form.many("permissions")}
    try:
        made = await visit.mall.post(API, asked, Role)
    except Problem as problem:
        if problem.status not in _REFUSALS:
            raise
        visit.form.refuse(problem)
        return await _listed(visit, visit.form, status=problem.status)
    visit.flash("good", visit.t("office_roles.made", name=made.name))
    return visit.redirect(PATH)


@get(f"{PATH}/{{name:str}}", include_in_schema=False)
async def role(visit: VisitOf, name: FromPath[str]) -> Response[bytes]:
    """Show what a role allows, to be changed."""
    visit.require(MANAGE_ROLES)
    return await _shown(visit, name, Form())


@post(f"{PATH}/{{name:str}}", include_in_schema=False)
async def change(visit: VisitOf, name: FromPath[str]) -> Response[bytes]:
    """Let a role allow what is ticked, if it still allows what the form showed."""
    visit.require(MANAGE_ROLES)
    asked = {"permissions": visit.form.many("permissions")}
    try:
        await visit.mall.put(_address(name), asked, Role, version=_version(visit.form))
    except Problem as problem:
        return await _refused(visit, name, problem)
    visit.flash("good", visit.t("office_roles.changed", name=name))
    return visit.redirect(PATH)


@post(f"{PATH}/{{name:str}}/removal", include_in_schema=False)
async def remove(visit: VisitOf, name: FromPath[str]) -> Response[bytes]:
    """Delete a role that nobody has."""
    visit.require(MANAGE_ROLES)
    try:
        await visit.mall.delete(_address(name), version=_version(visit.form))
    except Problem as problem:
        return await _refused(visit, name, problem)
    visit.flash("good", visit.t("office_roles.removed", name=name))
    return visit.redirect(PATH)


def _address(name: str) -> str:
    return f"{API}/{quote(name, safe='')}"


def _version(form: Form) -> str:
    return f'"{form.text("version")[:40]}"'


async def _refused(visit: Visit, name: str, problem: Problem) -> Response[bytes]:
    if problem.status not in _REFUSALS:
        raise problem
    visit.form.refuse(problem)
    is_stale = problem.code == "role.edited"
    return await _shown(visit, name, visit.form, status=problem.status, is_stale=is_stale)


async def _listed(visit: Visit, form: Form, *, status: int = 200) -> Response[bytes]:
    known, allowed = await visit.mall.get(API, Roles), await visit.mall.get("/v1/permissions", Permissions)
    return await office_page(
        visit,
        "office/roles.html",
        area=AREA,
        needs=(MANAGE_ROLES,),
        status=status,
        roles=known.items,
        permissions=allowed.items,
        ticked=form.many("permissions"),
        form=form,
    )


async def _shown(visit: Visit, name: str, form: Form, *, status: int = 200, is_stale: bool = False) -> Response[bytes]:
    known, allowed = await visit.mall.get(API, Roles), await visit.mall.get("/v1/permissions", Permissions)
    found = next((one for one in known.items if one.name == name), None)
    if found is None:
        raise NotThere()
    is_retry = form.is_wrong and not visit.path.endswith("/removal")
    ticked = form.many("permissions") if is_retry else found.permissions
    labels = [(one.name, one.description) for one in allowed.items]
    return await office_page(
        visit,
        "office/role.html",
        area=AREA,
        needs=(MANAGE_ROLES,),
        status=status,
        role=found,
        permissions=allowed.items,
        ticked=ticked,
        version=form.text("version") if is_retry and not is_stale else found.version,
        stale=both(labels, ticked, found.permissions) if is_retry and is_stale else None,
        form=form,
    )


ROUTES = [roles, make, role, change, remove]
