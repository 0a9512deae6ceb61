"""Reads: from the views only, never from the events; or of what this process has just saved."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from jangteo.kit.errors import Invalid
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.order.desk import Desk
from jangteo.order.domain.address import NOTE_PURPOSE, PURPOSE, REFUND_PURPOSE, Address, decode
from jangteo.order.states import State
from jangteo.order.store import OrderUnknown
from jangteo.order.story import View, read, view

COLUMNS = "order_id, member_id, number, status, version, total, placed_at, updated_at, body"
_ONE = f"SELECT {COLUMNS} FROM order_views WHERE order_id = $1"
_PAGE = f"""
SELECT {COLUMNS} FROM order_views
WHERE tenant = $1 AND member_id = $2 AND order_id < $3 AND ($5::text[] IS NULL OR status = ANY($5))
ORDER BY order_id DESC LIMIT $4
"""
AFTER_ALL = UUID(int=(1 << 128) - 1)


class CursorInvalid(Invalid):
    """That is no cursor that was given out here."""

    code = "cursor.invalid"
    ko = "올바르지 않은 커서입니다."
    en = "That is not a cursor."


async def find(database: Database, tenant: str, order_id: UUID) -> View:
    """Return an order. Raises OrderUnknown."""
    async with database.read(tenant) as reader:
        row = await reader.fetchrow(_ONE, order_id)
    if row is None:
        raise OrderUnknown()
    return read(tuple(row))


async def placed(desk: Desk, tenant: str, order_id: UUID) -> View:
    """Return an order for what never changes of it; how far it has come may be a moment old.

    The services that ask do so right after it was saved, so that it is seldom read for them. Raises OrderUnknown.
    """
    story = desk.orders.recall(tenant, order_id)
    return view(story) if story is not None else await find(desk.database, tenant, order_id)


async def page(
    database: Database, tenant: str, member_id: UUID, states: Sequence[State] | None, cursor: str | None, size: int
) -> tuple[list[View], str | None]:
    """Return a member's orders in any of `states`, the newest first, and the next cursor. Raises CursorInvalid."""
    before = start_of(cursor)
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_PAGE, tenant, member_id, before, size + 1, states or None)
    return following([read(tuple(row)) for row in rows], size)


def start_of(cursor: str | None) -> UUID:
    """Return the id before which a page begins. Raises CursorInvalid."""
    if cursor is None:
        return AFTER_ALL
    try:
        return UUID(cursor)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


def following(found: list[View], size: int) -> tuple[list[View], str | None]:
    """Return a page of `size` out of what was found, which is one more where there are more, and the next cursor."""
    return found[:size], str(found[size - 1].order_id) if len(found) > size else None


class Words(NamedTuple):
    """What is sealed in an order: the address, the buyer's note on a cancellation, why what was given back."""

    address: Address | None
    note: str
    reasons: Mapping[UUID, str]


async def unsealed(database: Database, vault: Vault, tenant: str, view: View) -> Words:
    """Return an order's own words; none, and no address, once the person was erased."""
    async with database.read(tenant) as reader:
        try:
            key = await vault.key(reader, view.member_id)
        except PersonErased:
            return Words(None, "", {})
    note = key.decrypt(view.body.note, NOTE_PURPOSE) if view.body.note else ""
    reasons = {
        refund.refund_id: key.decrypt(refund.reason, REFUND_PURPOSE) for refund in view.body.refunds if refund.reason
    }
    return Words(decode(key.decrypt(view.body.address, PURPOSE)), note, reasons)
