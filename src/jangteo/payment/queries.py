"""Reads: rows straight into what is shown. Members see their own, staff see all of their tenant."""

from uuid import UUID

from jangteo.kit.auth import Caller
from jangteo.kit.errors import NotFound
from jangteo.kit.postgres import Database, Reader
from jangteo.payment.schemas import EntryView, Ledger, PaymentDetail, Payments, PaymentView, RefundView

READ = "payments.read"

_PAYMENT = f"SELECT {', '.join(PaymentView.__struct_fields__)} FROM payments"
_MINE = " AND ($2::uuid IS NULL OR member_id = $2)"
_REFUNDS = f"SELECT {', '.join(RefundView.__struct_fields__)} FROM refunds WHERE payment_id = $1 ORDER BY id"
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
        return Payments(items=[PaymentView(**row) for row in rows])

    async def one(self, caller: Caller, payment_id: UUID) -> PaymentDetail:
        """Return an attempt; raises NotFound also where it is not the caller's, Unauthenticated for a guest."""
        async with self._database.read(caller.tenant) as reader:
            row = await reader.fetchrow(f"{_PAYMENT} WHERE id = $1{_MINE}", payment_id, _owner(caller))
            if row is None:
                raise NotFound()
            return PaymentDetail(**row, refunds=await _refunds(reader, payment_id))

    async def ledger(self, caller: Caller, payment_id: UUID) -> Ledger:
        """Return what was booked for an attempt; raises PermissionMissing for all but staff, NotFound."""
        caller.require(READ)
        async with self._database.read(caller.tenant) as reader:
            if not await reader.fetchval("SELECT true FROM payments WHERE id = $1", payment_id):
                raise NotFound()
            return Ledger(items=[EntryView(**row) for row in await reader.fetch(_ENTRIES, payment_id)])


async def _refunds(reader: Reader, payment_id: UUID) -> list[RefundView]:
    return [RefundView(**row) for row in await reader.fetch(_REFUNDS, payment_id)]


def _owner(caller: Caller) -> UUID | None:
    return None if READ in caller.permissions else caller.member_id
