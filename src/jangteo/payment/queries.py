"""Reads: rows straight into what is shown. Members see their own, staff see all of their tenant, which is audited."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import Database
from jangteo.payment.schemas import EntryView, Ledger, PaymentDetail, Payments, PaymentView, RefundView

READ = "payments.read"
ViewT = TypeVar("ViewT", bound=PaymentView)

_PAYMENT = f"SELECT {', '.join(PaymentView.__struct_fields__)}, member_id FROM payments"
_MINE = " AND ($2::uuid IS NULL OR member_id = $2)"
# One statement: a refund that is settled between two would be shown as done and its amount as not given back.
_DETAIL = f"""
SELECT {", ".join(PaymentView.__struct_fields__)}, member_id, (
    SELECT coalesce(jsonb_agg(of_it ORDER BY id), '[]')
    FROM (SELECT {", ".join(RefundView.__struct_fields__)} FROM refunds WHERE payment_id = payments.id) AS of_it
) AS refunds
FROM payments WHERE id = $1{_MINE}
"""
_ENTRIES = f"""
SELECT {", ".join(EntryView.__struct_fields__)} FROM ledger_entries
WHERE payment_id = $1 ORDER BY at, reference, amount DESC
"""


class Queries:
    """What can be asked about payments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_order(self, caller: Caller, order_id: UUID) -> Payments:
        """Return the attempts of an order that the caller may see; raises Unauthenticated for a guest."""
        async with self._database.read(caller.tenant) as reader:
            rows = await reader.fetch(f"{_PAYMENT} WHERE order_id = $1{_MINE} ORDER BY id", order_id, _owner(caller))
        if READ in caller.permissions and [row["member_id"] for row in rows] != [caller.id] * max(1, len(rows)):
            await self._note(caller, "payments.read", f"order:{order_id}", rows[0]["member_id"] if rows else None)
        return Payments(items=[_view(row, PaymentView) for row in rows])

    async def one(self, caller: Caller, payment_id: UUID) -> PaymentDetail:
        """Return an attempt; raises NotFound also where it is not the caller's, Unauthenticated for a guest."""
        async with self._database.read(caller.tenant) as reader:
            row = await reader.fetchrow(_DETAIL, payment_id, _owner(caller))
        if row is None:
            raise NotFound()
        shown = _view(row, PaymentDetail, refunds=msgspec.json.decode(row["refunds"], type=list[RefundView]))
        if row["member_id"] != caller.id:
            await self._note(caller, "payment.read", f"payment:{payment_id}", row["member_id"])
        return shown

    async def ledger(self, caller: Caller, payment_id: UUID) -> Ledger:
        """Return what was booked for an attempt; raises PermissionMissing for all but staff, NotFound."""
        caller.require(READ)
        async with self._database.read(caller.tenant) as reader:
            member = await reader.fetchval("SELECT member_id FROM payments WHERE id = $1", payment_id)
            if member is None:
                raise NotFound()
            ledger = Ledger(items=[EntryView(**row) for row in await reader.fetch(_ENTRIES, payment_id)])
        await self._note(caller, "payment.ledger_read", f"payment:{payment_id}", member)
        return ledger

    async def _note(self, caller: Caller, action: str, on: str, person: UUID | None) -> None:
        entry = Entry(by=caller, action=action, on=on, person=person)
        await audit.note(self._database, caller.tenant, entry)


def _view(row: Any, view: type[ViewT], **more: Any) -> ViewT:
    return view(**{name: row[name] for name in PaymentView.__struct_fields__}, **more)


def _owner(caller: Caller) -> UUID | None:
    return None if READ in caller.permissions else caller.member_id
