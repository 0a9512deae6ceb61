"""Routes of permissions, of roles and of who has them; all need the permission `roles.manage`."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from jangteo.kit.http.permission import needs
from jangteo.user.api.given import Caller, Language, Roles
from jangteo.user.domain.permissions import MANAGE_ROLES
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
async def make_role(data: JSONBody[RoleIn], caller: Caller, roles: Roles) -> RoleOut:
    """Make a role out of permissions that the caller has."""
    return _told(await roles.make(caller, data.name, data.permissions))


@put("/v1/roles/{name:str}", guards=[needs(MANAGE_ROLES)])
async def change_role(name: FromPath[str], data: JSONBody[RoleChange], caller: Caller, roles: Roles) -> RoleOut:
    """Let a role hold exactly these permissions; whoever has it notices within the life of an access token."""
    return _told(await roles.change(caller, name, data.permissions))


@delete("/v1/roles/{name:str}")
async def remove_role(name: FromPath[str], caller: Caller, roles: Roles) -> None:
    """Delete a role that nobody has."""
    caller.require(MANAGE_ROLES)
    await roles.remove(caller, name)


@get("/v1/members/{member_id:uuid}/roles")
async def show_roles_of(member_id: FromPath[UUID], caller: Caller, roles: Roles) -> MemberRoles:
    """Show a member's roles."""
    caller.require(MANAGE_ROLES)
    return MemberRoles(roles=await roles.of(caller, member_id))


@put("/v1/members/{member_id:uuid}/roles", guards=[needs(MANAGE_ROLES)])
async def give_roles(
    member_id: FromPath[UUID], data: JSONBody[RolesGiven], caller: Caller, roles: Roles
) -> MemberRoles:
    """Let a member have exactly these roles."""
    return MemberRoles(roles=await roles.give(caller, member_id, data.roles))


def _told(role: Role) -> RoleOut:
    return RoleOut(name=role.name, permissions=role.permissions, built_in=role.built_in)


ROUTES = [list_permissions, show_roles, make_role, change_role, remove_role, show_roles_of, give_roles]
