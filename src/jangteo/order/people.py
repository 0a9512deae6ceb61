"""What the order service keeps about a person: orders, with the address and the words of the buyer sealed in them."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from jangteo.contracts.retention import CONTRACT_PAYMENT, DISPUTE
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.people import Counts, Hold, Kept, Standing
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import PersonErased, PersonKey, Vault
from jangteo.order.domain.address import NOTE_PURPOSE, PURPOSE, REFUND_PURPOSE, decode
from jangteo.order.queries import COLUMNS
from jangteo.order.states import TERMINAL, State
from jangteo.order.story import View, read

_ALL = f"SELECT {COLUMNS} FROM order_views WHERE tenant = $1 AND member_id = $2 ORDER BY order_id"
_SETTLED = {state.value for state in TERMINAL}


class OrderPeople:
    """The buyers."""

    covers: ClassVar[Mapping[str, str]] = {
        "order_views": "stay, under an id that leads to nobody; address and note are sealed under the destroyed key",
        "events": "stay, as order_views",
        "idempotency": "deleted",
    }

    def __init__(self, vault: Vault, archive: LegalArchive) -> None:
        self._vault = vault
        self._archive = archive

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return the orders that are under way, and since when the last one has to be kept."""
        views = await _orders(reader, person)
        concluded = [view for view in views if view.status != State.REJECTED]
        return Standing(
            holds=[
                Hold(
                    code="order.open",
                    reference=view.number,
                    ko=f"진행 중인 주문이 있습니다: {view.number}",
                    en=f"The order {view.number} is under way.",
                )
                for view in views
                if view.status not in _SETTLED
            ],
            keeps=[Kept(purpose=CONTRACT_PAYMENT, since=max(view.updated_at for view in concluded))]
            if concluded
            else [],
        )

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return all orders with their addresses."""
        views = await _orders(reader, person)
        key = await self._key(reader, person)
        return {"orders": [_told(view, key) | {"cancellation_note": _note(view, key)} for view in views]}

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Keep each concluded order for its time, and what was complained of for another."""
        views = await _orders(transaction, person)
        key = await self._key(transaction, person)
        contracts = disputes = 0
        for view in views:
            if view.status == State.REJECTED:
                continue
            content = _told(view, key)
            contracts += await self._archive.keep(transaction, CONTRACT_PAYMENT, view.updated_at, view.number, content)
            if note := _note(view, key):
                complaint = {"order_number": view.number, "note": note}
                disputes += await self._archive.keep(transaction, DISPUTE, view.updated_at, view.number, complaint)
        answers = await transaction.execute(
            "DELETE FROM idempotency WHERE tenant = $1 AND caller = $2", transaction.tenant, str(person)
        )
        return Counts(
            {"order_addresses": len(views), "remembered_answers": answers},
            {CONTRACT_PAYMENT: contracts, DISPUTE: disputes},
        )

    async def _key(self, reader: Reader, person: UUID) -> PersonKey | None:
        try:
            return await self._vault.key(reader, person)
        except PersonErased:
            return None


async def _orders(reader: Reader, person: UUID) -> list[View]:
    return [read(tuple(row)) for row in await reader.fetch(_ALL, reader.tenant, person)]


def _note(view: View, key: PersonKey | None) -> str:
    return key.decrypt(view.body.note, NOTE_PURPOSE) if view.body.note and key is not None else ""


def _told(view: View, key: PersonKey | None) -> dict[str, Any]:
    """Return an order as a person reads it; the buyer's own words are told apart."""
    body = msgspec.to_builtins(view.body)
    for sealed in ("address", "note"):
        del body[sealed]
    for refund in body["refunds"]:
        refund["reason"] = key.decrypt(refund["reason"], REFUND_PURPOSE) if key is not None and refund["reason"] else ""
    address = decode(key.decrypt(view.body.address, PURPOSE)) if key is not None else None
    return {
        "order_id": view.order_id,
        "order_number": view.number,
        "status": view.status,
        "placed_at": view.placed_at,
        "total": view.total,
        "address": address,
        **body,
    }
