"""Reads: from the views only, never from the events; or of what this process has just saved."""

from uuid import UUID

from jangteo.kit.errors import Invalid
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.order.desk import Desk
from jangteo.order.domain.address import NOTE_PURPOSE, PURPOSE, Address, decode
from jangteo.order.store import OrderUnknown
from jangteo.order.story import View, read, view

COLUMNS = "order_id, member_id, number, status, version, total, placed_at, updated_at, body"
_ONE = f"SELECT {COLUMNS} FROM order_views WHERE order_id = $1"
_PAGE = f"""
SELECT {COLUMNS} FROM order_views
WHERE tenant = $1 AND member_id = $2 AND order_id < $3 ORDER BY order_id DESC LIMIT $4
"""
_AFTER_ALL = UUID(int=(1 << 128) - 1)


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
    database: Database, tenant: str, member_id: UUID, cursor: str | None, size: int
) -> tuple[list[View], str | None]:
    """Return a member's orders, the newest first, and the cursor of the next page. Raises CursorInvalid."""
    before = _AFTER_ALL
    if cursor is not None:
        try:
            before = UUID(cursor)
        except ValueError:
            raise CursorInvalid(field="cursor") from None
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_PAGE, tenant, member_id, before, size + 1)
    views = [read(tuple(row)) for row in rows[:size]]
    return views, str(views[-1].order_id) if len(rows) > size else None


async def address_of(database: Database, vault: Vault, tenant: str, view: View) -> tuple[Address | None, str]:
    """Return the address and the buyer's note on a cancellation, unsealed; None and "" once the person was erased."""
    async with database.read(tenant) as reader:
        try:
            key = await vault.key(reader, view.member_id)
        except PersonErased:
            return None, ""
    note = key.decrypt(view.body.note, NOTE_PURPOSE) if view.body.note else ""
    return decode(key.decrypt(view.body.address, PURPOSE)), note
