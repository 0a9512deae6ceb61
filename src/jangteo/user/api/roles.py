"""Routes of permissions, of roles and of who has them; all need the permission `roles.manage`."""

from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from jangteo.kit.http.permission import needs
from jangteo.user.api.given import Caller, IfMatch, Language, Roles
from jangteo.user.domain.permissions import MANAGE_ROLES, version_of
from jangteo.user.role_store import Role
from jangteo.user.schemas import (
    MemberRoles,
    PermissionOut,
    Permissions,
    RoleChange,
    RoleIn,
    RoleOut,
    RolesGiven,
    RolesOut,
)


@get("/v1/permissions")
async def list_permissions(caller: Caller, language: Language, roles: Roles) -> Permissions:
    """Show what permissions there are."""
    caller.require(MANAGE_ROLES)
    said = (await roles.permissions(caller)).items()
    return Permissions(
        items=[PermissionOut(name=name, description=ko if language == "ko" else en) for name, (ko, en) in said]
    )


@get("/v1/roles")
async def show_roles(caller: Caller, roles: Roles) -> RolesOut:
    """Show all roles."""
    caller.require(MANAGE_ROLES)
    return RolesOut(items=[_told(role) for role in await roles.every(caller)])


@post("/v1/roles", guards=[needs(MANAGE_ROLES)])
async def make_role(data: JSONBody[RoleIn], caller: Caller, roles: Roles) -> Response[RoleOut]:
    """Make a role out of permissions that the caller has."""
    return _answered(await roles.make(caller, data.name, data.permissions))


@put("/v1/roles/{name:str}", guards=[needs(MANAGE_ROLES)])
async def change_role(
    name: FromPath[str], data: JSONBody[RoleChange], caller: Caller, roles: Roles, if_match: IfMatch = None
) -> Response[RoleOut]:
    """Let a role hold exactly these permissions; whoever has it notices within the life of an access token.

    With If-Match, only if nobody changed it since: 409 with what it allows now.
    """
    return _answered(await roles.change(caller, name, data.permissions, _seen(if_match)))


@delete("/v1/roles/{name:str}")
async def remove_role(name: FromPath[str], caller: Caller, roles: Roles, if_match: IfMatch = None) -> None:
    """Delete a role that nobody has; with If-Match, only if nobody changed it since."""
    caller.require(MANAGE_ROLES)
    await roles.remove(caller, name, _seen(if_match))


@get("/v1/members/{member_id:uuid}/roles")
async def show_roles_of(member_id: FromPath[UUID], caller: Caller, roles: Roles) -> Response[MemberRoles]:
    """Show a member's roles."""
    caller.require(MANAGE_ROLES)
    return _had(await roles.of(caller, member_id))


@put("/v1/members/{member_id:uuid}/roles", guards=[needs(MANAGE_ROLES)])
async def give_roles(
    member_id: FromPath[UUID], data: JSONBody[RolesGiven], caller: Caller, roles: Roles, if_match: IfMatch = None
) -> Response[MemberRoles]:
    """Let a member have exactly these roles; with If-Match, only if nobody gave others since: 409 with those."""
    return _had(await roles.give(caller, member_id, data.roles, _seen(if_match)))


def _told(role: Role) -> RoleOut:
    return RoleOut(
        name=role.name,
        permissions=role.permissions,
        built_in=role.built_in,
        version=version_of(role.permissions),
    )


def _answered(role: Role) -> Response[RoleOut]:
    told = _told(role)
    return Response(told, headers={"ETag": f'"{told.version}"'})


def _had(names: list[str]) -> Response[MemberRoles]:
    version = version_of(names)
    return Response(MemberRoles(roles=names, version=version), headers={"ETag": f'"{version}"'})


def _seen(if_match: str | None) -> str | None:
    """Return the version that a caller saw; a tag that we never gave fits none."""
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')


ROUTES = [list_permissions, show_roles, make_role, change_role, remove_role, show_roles_of, give_roles]
