"""Loads, locks and saves roles and who has them."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.postgres import Reader, Transaction
from jangteo.user.domain.permissions import ALL, OWNER, RoleExists, RoleInUse, RoleNotAssignable, RoleUnknown
from jangteo.user.token_versions import supersede_tokens


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of permissions; the owner's cannot be changed."""

    name: str
    permissions: list[str]
    built_in: bool = False


OWNERS = Role(name=OWNER, permissions=sorted(ALL), built_in=True)


async def list_roles(reader: Reader) -> list[Role]:
    """Return all roles of the tenant, the owner's first."""
    rows = await reader.fetch("SELECT name, permissions FROM roles WHERE tenant = $1 ORDER BY name", reader.tenant)
    return [OWNERS, *(Role(name=row["name"], permissions=_known(row["permissions"])) for row in rows)]


async def permissions_of(reader: Reader, member: UUID) -> frozenset[str]:
    """Return what all roles of a member allow together."""
    rows = await reader.fetch(
        "SELECT given.role, roles.permissions FROM member_roles given"
        " LEFT JOIN roles ON roles.tenant = given.tenant AND roles.name = given.role"
        " WHERE given.tenant = $1 AND given.member_id = $2",
        reader.tenant,
        member,
    )
    if any(row["role"] == OWNER for row in rows):
        return ALL
    return frozenset(name for row in rows for name in _known(row["permissions"] or []))


async def roles_of(reader: Reader, member: UUID) -> list[str]:
    """Return the names of a member's roles."""
    rows = await reader.fetch(
        "SELECT role FROM member_roles WHERE tenant = $1 AND member_id = $2 ORDER BY role", reader.tenant, member
    )
    return [row["role"] for row in rows]


async def add_role(transaction: Transaction, role: Role) -> None:
    """Insert a role. Raises RoleExists."""
    try:
        await transaction.execute(
            "INSERT INTO roles (tenant, name, permissions, updated_at) VALUES ($1, $2, $3, $4)",
            transaction.tenant,
            role.name,
            role.permissions,
            transaction.clock.now(),
        )
    except asyncpg.UniqueViolationError:
        raise RoleExists(field="name") from None


async def lock_role(transaction: Transaction, name: str) -> Role:
    """Return a role that nobody else may change or give until the end. Raises RoleUnknown."""
    row = await transaction.fetchrow(
        "SELECT name, permissions FROM roles WHERE tenant = $1 AND name = $2 FOR UPDATE", transaction.tenant, name
    )
    if row is None:
        raise RoleUnknown()
    return Role(name=row["name"], permissions=_known(row["permissions"]))


async def save_role(transaction: Transaction, role: Role) -> None:
    """Write the permissions of a role locked before; the tokens of all who have it end."""
    await transaction.execute(
        "UPDATE roles SET permissions = $3, updated_at = $4 WHERE tenant = $1 AND name = $2",
        transaction.tenant,
        role.name,
        role.permissions,
        transaction.clock.now(),
    )
    having = await transaction.fetch(
        "SELECT member_id FROM member_roles WHERE tenant = $1 AND role = $2", transaction.tenant, role.name
    )
    await supersede_tokens(transaction, [row["member_id"] for row in having])


async def remove_role(transaction: Transaction, name: str) -> None:
    """Delete a role locked before. Raises RoleInUse."""
    members = await transaction.fetchval(
        "SELECT count(*) FROM member_roles WHERE tenant = $1 AND role = $2", transaction.tenant, name
    )
    if members:
        raise RoleInUse(members=members)
    await transaction.execute("DELETE FROM roles WHERE tenant = $1 AND name = $2", transaction.tenant, name)


async def permissions_in(transaction: Transaction, names: Iterable[str]) -> frozenset[str]:
    """Return what the roles `names` allow, none of which may be removed until the end. Raises RoleNotAssignable."""
    names = list(names)
    rows = await transaction.fetch(
        "SELECT name, permissions FROM roles WHERE tenant = $1 AND name = ANY($2) FOR SHARE", transaction.tenant, names
    )
    found = {row["name"]: _known(row["permissions"]) for row in rows} | {OWNER: sorted(ALL)}
    for place, name in enumerate(names):
        if name not in found:
            raise RoleNotAssignable(field=f"roles[{place}]", role=name[:40])
    return frozenset(permission for name in names for permission in found[name])


async def lock_owners(transaction: Transaction) -> set[UUID]:
    """Return all owners of the tenant, none of whom can stop being one until the end but by this transaction."""
    rows = await transaction.fetch(
        "SELECT member_id FROM member_roles WHERE tenant = $1 AND role = $2 ORDER BY member_id FOR UPDATE",
        transaction.tenant,
        OWNER,
    )
    return {row["member_id"] for row in rows}


async def give_roles(transaction: Transaction, member: UUID, names: Iterable[str], by: UUID | None) -> None:
    """Let a member have exactly the roles `names`; the tokens that the member has end."""
    names = list(names)
    await transaction.execute(
        "DELETE FROM member_roles WHERE tenant = $1 AND member_id = $2 AND role <> ALL($3)",
        transaction.tenant,
        member,
        names,
    )
    await transaction.execute(
        "INSERT INTO member_roles (tenant, member_id, role, granted_by, granted_at)"
        " SELECT $1, $2, unnest($3::text[]), $4, $5 ON CONFLICT DO NOTHING",
        transaction.tenant,
        member,
        names,
        by,
        transaction.clock.now(),
    )
    await supersede_tokens(transaction, [member])


def _known(permissions: Iterable[str]) -> list[str]:
    # A permission that a newer version of the mall dropped is worth nothing.
    return sorted(ALL.intersection(permissions))
