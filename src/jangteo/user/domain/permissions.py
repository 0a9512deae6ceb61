"""Permissions are named here; a role is a set of them; nobody hands out more than they have."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from jangteo.kit.errors import Conflict, Forbidden, Invalid, NotFound

OWNER = "owner"
MANAGE_CONSENTS, MANAGE_SYSTEM = "consents.manage", "system.manage"
MANAGE_ROLES, READ_MEMBERS, UNMASK_MEMBERS = "roles.manage", "members.read", "members.unmask"

# name -> what it allows, in Korean and English
PERMISSIONS: Mapping[str, tuple[str, str]] = {
    "products.manage": ("상품과 카테고리를 등록하고 수정합니다", "Make and edit products and categories"),
    "stock.manage": ("재고를 조정합니다", "Adjust stock"),
    "orders.read": ("모든 주문을 조회합니다", "See all orders"),
    "orders.manage": ("주문을 처리하고 취소합니다", "Process and cancel orders"),
    "payments.read": ("결제 내역을 조회합니다", "See payments"),
    "payments.refund": ("환불합니다", "Refund payments"),
    "shipments.manage": ("배송을 처리합니다", "Manage shipments"),
    READ_MEMBERS: ("회원을 조회합니다 (개인정보는 가려집니다)", "See members, their personal data masked"),
    UNMASK_MEMBERS: ("개인정보를 사유를 남기고 열람합니다", "See personal data unmasked, for a reason"),
    "members.manage": ("회원 등급을 관리합니다", "Manage the grades of members"),
    "messages.read": ("보낸 메시지를 조회합니다 (개인정보는 가려집니다)", "See messages sent, personal data masked"),
    "legal.read": ("법에 따라 보존하는 기록을 열람합니다", "Read what the law has kept of those who left"),
    MANAGE_CONSENTS: ("약관과 동의 문구를 게시합니다", "Publish terms and consent texts"),
    MANAGE_SYSTEM: ("시스템 상태를 보고 보류된 메시지를 다시 처리합니다", "See the system, replay what is parked"),
    MANAGE_ROLES: ("역할과 권한을 관리합니다", "Manage roles and who has them"),
}
ALL = frozenset(PERMISSIONS)
_OWNERS_ONLY = {MANAGE_CONSENTS, MANAGE_ROLES, UNMASK_MEMBERS, "payments.refund", "legal.read", MANAGE_SYSTEM}
STAFF_ROLE = "staff"
# What a shop may begin with: everything but what is the owner's, and three narrower desks. Each may be changed.
PRESETS: Mapping[str, frozenset[str]] = {
    STAFF_ROLE: ALL - _OWNERS_ONLY,
    "orders": frozenset(
        ("orders.read", "orders.manage", "payments.read", "payments.refund", "shipments.manage", "messages.read")
    ),
    "goods": frozenset(("products.manage", "stock.manage")),
    "support": frozenset(("orders.read", "payments.read", READ_MEMBERS, "messages.read")),
}
_ROLE_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class RoleUnknown(NotFound):
    """There is no such role."""

    code = "role.unknown"
    ko = "없는 역할입니다."
    en = "There is no such role."


class RoleNotAssignable(Invalid):
    """A role that is named does not exist."""

    code = "role.not_assignable"
    ko = "없는 역할입니다: {role}"
    en = "There is no role {role}."


class RoleExists(Conflict):
    """The name is taken."""

    code = "role.exists"
    ko = "같은 이름의 역할이 이미 있습니다."
    en = "There is a role of this name already."


class RoleInUse(Conflict):
    """Somebody has the role."""

    code = "role.in_use"
    ko = "이 역할을 가진 회원이 {members}명 있습니다."
    en = "{members} members have this role."


class RoleBuiltIn(Conflict):
    """The owner's role has all permissions, always."""

    code = "role.built_in"
    ko = "소유자 역할은 바꾸거나 삭제할 수 없습니다."
    en = "The role owner can be neither changed nor removed."


class RoleEdited(Conflict):
    """Somebody else changed the role since it was read; `current` is what it allows now, `version` its ETag."""

    code = "role.edited"
    ko = "다른 사람이 먼저 역할을 수정했습니다."
    en = "Someone else changed this role first."


class RolesRegiven(Conflict):
    """Somebody else gave the member other roles since they were read; `current` are those, `version` their ETag."""

    code = "member.roles_edited"
    ko = "다른 사람이 먼저 이 회원의 역할을 바꾸었습니다."
    en = "Someone else changed this member's roles first."


class RoleNameInvalid(Invalid):
    """Not a name for a role."""

    code = "role.name"
    ko = "역할 이름은 영문 소문자로 시작하는 40자 이하의 소문자, 숫자, 하이픈이어야 합니다."
    en = "A role's name has at most 40 lower-case letters, digits and hyphens, and begins with a letter."


class PermissionUnknown(Invalid):
    """A permission that does not exist."""

    code = "permission.unknown"
    ko = "없는 권한입니다: {permission}"
    en = "There is no permission {permission}."


class BeyondOwn(Forbidden):
    """Giving, or taking away, permissions that the caller lacks."""

    code = "role.beyond_own"
    ko = "자신에게 없는 권한은 주거나 빼앗을 수 없습니다: {permissions}"
    en = "You can neither give nor take permissions that you lack: {permissions}."


class LastOwner(Conflict):
    """A shop without an owner could never be managed again."""

    code = "role.last_owner"
    ko = "마지막 소유자의 역할은 뺄 수 없습니다."
    en = "The last owner must stay one."


def version_of(names: Iterable[str]) -> str:
    """Return the version of a set of permissions or roles: whoever saw the same set saw the same version."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def checked_role_name(name: str) -> str:
    """Return `name`. Raises RoleNameInvalid, or RoleBuiltIn for the owner's."""
    if not _ROLE_NAME.fullmatch(name):
        raise RoleNameInvalid(field="name")
    if name == OWNER:
        raise RoleBuiltIn(field="name")
    return name


def checked_permissions(names: Iterable[str]) -> frozenset[str]:
    """Return `names` as a set. Raises PermissionUnknown, naming the place."""
    names = list(names)
    for place, name in enumerate(names):
        if name not in ALL:
            raise PermissionUnknown(field=f"permissions[{place}]", permission=name[:40])
    return frozenset(names)


def require_own(own: frozenset[str], given: frozenset[str]) -> None:
    """Raise BeyondOwn where `given` holds more than the caller's `own` permissions."""
    if beyond := given - own:
        raise BeyondOwn(permissions=", ".join(sorted(beyond)))
