"""Changes to roles and to who has them. What the caller may do is read from the database, not from the token:
whoever lost a role cannot give it back to themselves with a token that outlives it.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller, PermissionMissing
from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.superseded import Superseded
from jangteo.user.domain.permissions import (
    MANAGE_ROLES,
    OWNER,
    PERMISSIONS,
    BeyondOwn,
    LastOwner,
    RoleEdited,
    RolesRegiven,
    checked_permissions,
    checked_role_name,
    require_own,
    version_of,
)
from jangteo.user.role_store import (
    Role,
    add_role,
    give_roles,
    list_roles,
    lock_owners,
    lock_role,
    permissions_in,
    permissions_of,
    remove_role,
    roles_of,
    save_role,
)
from jangteo.user.store import lock_member


class Roles:
    """Makes and changes roles, and gives them to members."""

    def __init__(self, database: Database, superseded: Superseded) -> None:
        """`superseded` is what this process's own token check knows: it is told of changes made here at once."""
        self._database = database
        self._superseded = superseded

    async def permissions(self, caller: Caller) -> Mapping[str, tuple[str, str]]:
        """Return what permissions there are, with what they allow in Korean and English."""
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="permissions.read"))
        return PERMISSIONS

    async def every(self, caller: Caller) -> list[Role]:
        """Return all roles."""
        async with self._database.transaction(caller.tenant) as transaction:
            roles = await list_roles(transaction)
            await audit.record(transaction, Entry(by=caller, action="roles.read"))
        return roles

    async def of(self, caller: Caller, member: UUID) -> list[str]:
        """Return the names of a member's roles. Raises MemberUnknown."""
        async with self._database.transaction(caller.tenant) as transaction:
            await lock_member(transaction, member)
            names = await roles_of(transaction, member)
            await audit.record(transaction, Entry(by=caller, action="member.roles_read", person=member))
        return names

    async def make(self, caller: Caller, name: str, permissions: Iterable[str]) -> Role:
        """Make a role. Raises RoleExists, RoleNameInvalid, PermissionUnknown, BeyondOwn, PermissionMissing."""
        role = Role(name=checked_role_name(name), permissions=sorted(checked_permissions(permissions)))
        async with self._database.transaction(caller.tenant) as transaction:
            require_own(await _own(transaction, caller.member_id), frozenset(role.permissions))
            await add_role(transaction, role)
            await audit.record(transaction, _entry(caller, "role.made", name, after=role.permissions))
        return role

    async def change(self, caller: Caller, name: str, permissions: Iterable[str], expected: str | None = None) -> Role:
        """Let a role hold exactly `permissions`, if it is at version `expected` where one is named.

        Raises as `make` does, and RoleUnknown, RoleBuiltIn, RoleEdited.
        """
        role = Role(name=checked_role_name(name), permissions=sorted(checked_permissions(permissions)))
        async with self._database.transaction(caller.tenant) as transaction:
            old = await lock_role(transaction, name)
            _require_version(old, expected)
            own = await _own(transaction, caller.member_id)
            require_own(own, frozenset(old.permissions) ^ frozenset(role.permissions))
            await save_role(transaction, role)
            entry = _entry(caller, "role.changed", name, before=old.permissions, after=role.permissions)
            await audit.record(transaction, entry)
            transaction.after_commit(self._superseded.forget)
        return role

    async def remove(self, caller: Caller, name: str, expected: str | None = None) -> None:
        """Delete a role that nobody has, if it is at version `expected` where one is named.

        Raises RoleUnknown, RoleBuiltIn, RoleInUse, RoleEdited, BeyondOwn, PermissionMissing.
        """
        checked_role_name(name)
        async with self._database.transaction(caller.tenant) as transaction:
            old = await lock_role(transaction, name)
            _require_version(old, expected)
            require_own(await _own(transaction, caller.member_id), frozenset(old.permissions))
            await remove_role(transaction, name)
            await audit.record(transaction, _entry(caller, "role.removed", name, before=old.permissions))

    async def give(self, caller: Caller, member: UUID, names: Iterable[str], expected: str | None = None) -> list[str]:
        """Let a member have exactly the roles `names`; only an owner makes or unmakes an owner.

        `expected` is the version of the roles that the caller saw. Raises MemberUnknown, RoleNotAssignable,
        RolesRegiven, BeyondOwn, LastOwner, PermissionMissing.
        """
        wanted = list(dict.fromkeys(names))
        by = caller.member_id
        async with self._database.transaction(caller.tenant) as transaction:
            await lock_member(transaction, member)
            before = await roles_of(transaction, member)
            if expected not in (None, version_of(before)):
                raise RolesRegiven(current=before, version=version_of(before), field="If-Match")
            owners = await lock_owners(transaction)
            own = await _own(transaction, by)
            given = await permissions_in(transaction, wanted)
            require_own(own, given ^ await permissions_of(transaction, member))
            if (member in owners) != (OWNER in wanted):
                if by not in owners:
                    raise BeyondOwn(permissions=OWNER)
                if owners == {member}:
                    raise LastOwner(field="roles")
            await give_roles(transaction, member, wanted, by)
            changed = {"before": before, "after": sorted(wanted)}
            await audit.record(
                transaction, Entry(by=caller, action="member.roles_given", person=member, details=changed)
            )
            transaction.after_commit(self._superseded.forget)
        return sorted(wanted)


def _entry(caller: Caller, action: str, name: str, **permissions: list[str]) -> Entry:
    return Entry(by=caller, action=action, on=f"role:{name}", details=permissions)


def _require_version(role: Role, expected: str | None) -> None:
    if expected not in (None, version := version_of(role.permissions)):
        raise RoleEdited(current=role.permissions, version=version, field="If-Match")


async def _own(transaction: Transaction, by: UUID) -> frozenset[str]:
    own = await permissions_of(transaction, by)
    if MANAGE_ROLES not in own:
        raise PermissionMissing(permission=MANAGE_ROLES)
    return own
