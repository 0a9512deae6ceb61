"""Show staff where an order goes: with a permission of its own, for a reason, and never without an audit entry."""

from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.privacy import PersonErased
from jangteo.order import queries
from jangteo.order.desk import Desk
from jangteo.order.domain.address import Address

UNMASK = "members.unmask"


async def disclose(desk: Desk, caller: Caller, order_id: UUID, reason: str) -> Address:
    """Return the address of an order. Raises PermissionMissing, ReasonInvalid, OrderUnknown, PersonErased."""
    caller.require(UNMASK)
    why = reason_given(reason)
    view = await queries.find(desk.database, caller.tenant, order_id)
    address = (await queries.unsealed(desk.database, desk.vault, caller.tenant, view)).address
    if address is None:
        raise PersonErased()
    on, person = f"order:{order_id}", view.member_id
    entry = Entry(by=caller, action="order.address_disclosed", on=on, person=person, reason=why)
    await audit.note(desk.database, caller.tenant, entry)
    return address
