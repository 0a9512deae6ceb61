"""Changes to roles and to who has them. What the caller may do is read from the database, not from the token:
whoever lost a role cannot give it back to themselves with a token that outlives it.
"""

from collections.abc import Iterable
from uuid import UUID

from jangteo.kit.auth import PermissionMissing
from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.superseded import Superseded
from jangteo.user.domain.permissions import (
    MANAGE_ROLES,
    OWNER,
    BeyondOwn,
    LastOwner,
    checked_permissions,
    checked_role_name,
    require_own,
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

    async def every(self, tenant: str) -> list[Role]:
        """Return all roles."""
        async with self._database.read(tenant) as reader:
            return await list_roles(reader)

    async def of(self, tenant: str, member: UUID) -> list[str]:
        """Return the names of a member's roles. Raises MemberUnknown."""
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            return await roles_of(transaction, member)

    async def make(self, tenant: str, by: UUID, name: str, permissions: Iterable[str]) -> Role:
        """Make a role. Raises RoleExists, RoleNameInvalid, PermissionUnknown, BeyondOwn, PermissionMissing."""
        role = Role(name=checked_role_name(name), permissions=sorted(checked_permissions(permissions)))
        async with self._database.transaction(tenant) as transaction:
            require_own(await _own(transaction, by), frozenset(role.permissions))
            await add_role(transaction, role)
        return role

    async def change(self, tenant: str, by: UUID, name: str, permissions: Iterable[str]) -> Role:
        """Let a role hold exactly `permissions`. Raises as `make` does, and RoleUnknown, RoleBuiltIn."""
        role = Role(name=checked_role_name(name), permissions=sorted(checked_permissions(permissions)))
        async with self._database.transaction(tenant) as transaction:
            old = await lock_role(transaction, name)
            require_own(await _own(transaction, by), frozenset(old.permissions) ^ frozenset(role.permissions))
            await save_role(transaction, role)
            transaction.after_commit(self._superseded.forget)
        return role

    async def remove(self, tenant: str, by: UUID, name: str) -> None:
        """Delete a role that nobody has. Raises RoleUnknown, RoleBuiltIn, RoleInUse, BeyondOwn, PermissionMissing."""
        checked_role_name(name)
        async with self._database.transaction(tenant) as transaction:
            old = await lock_role(transaction, name)
            require_own(await _own(transaction, by), frozenset(old.permissions))
            await remove_role(transaction, name)

    async def give(self, tenant: str, by: UUID, member: UUID, names: Iterable[str]) -> list[str]:
        """Let a member have exactly the roles `names`; only an owner makes or unmakes an owner.

        Raises MemberUnknown, RoleNotAssignable, BeyondOwn, LastOwner, PermissionMissing.
        """
        wanted = list(dict.fromkeys(names))
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
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
            transaction.after_commit(self._superseded.forget)
        return sorted(wanted)


async def _own(transaction: Transaction, by: UUID) -> frozenset[str]:
    own = await permissions_of(transaction, by)
    if MANAGE_ROLES not in own:
        raise PermissionMissing(permission=MANAGE_ROLES)
    return own
