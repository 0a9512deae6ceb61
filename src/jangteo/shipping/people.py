"""What the shipping service keeps about a person: shipments, with the recipient sealed in them."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from jangteo.contracts.order import DeliveryAddress
from jangteo.contracts.retention import CONTRACT_PAYMENT
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.people import Counts, Hold, Kept, Standing
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.shipping.commands import RECIPIENT
from jangteo.shipping.parcels import of_shipment
from jangteo.shipping.states import State

_SETTLED = {State.DELIVERED, State.CANCELLED, State.RETURNED}
_ALL = """
SELECT id, order_number, state, carrier, number, recipient_sealed, created_at, updated_at FROM shipments
WHERE tenant = $1 AND member_id = $2 AND order_number <> '' ORDER BY id
"""
_SEEN = "SELECT at, code, place FROM sightings WHERE shipment_id = $1 ORDER BY at, raw"


class ShippingPeople:
    """The recipients."""

    covers: ClassVar[Mapping[str, str]] = {
        "shipments": "stay, under an id that leads to nobody; the recipient is deleted and its key destroyed",
    }

    def __init__(self, vault: Vault, archive: LegalArchive) -> None:
        self._vault = vault
        self._archive = archive

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return the parcels that are under way, and since when the last one has to be kept."""
        rows = await reader.fetch(_ALL, reader.tenant, person)
        sent = [row["updated_at"] for row in rows if row["state"] != State.CANCELLED]
        return Standing(
            holds=[
                Hold(
                    code="shipment.open",
                    reference=row["order_number"],
                    ko=f"배송 중인 상품이 있습니다: {row['order_number']}",
                    en=f"The parcel of the order {row['order_number']} is under way.",
                )
                for row in rows
                if State(row["state"]) not in _SETTLED
            ],
            keeps=[Kept(purpose=CONTRACT_PAYMENT, since=max(sent))] if sent else [],
        )

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return all shipments with where they went and what was seen of them."""
        rows = await reader.fetch(_ALL, reader.tenant, person)
        told = []
        for row in rows:
            seen = [dict(entry) for entry in await reader.fetch(_SEEN, row["id"])]
            told.append(
                await self._told(reader, person, row)
                | {"tracking": seen, "parcels": await of_shipment(reader, row["id"])}
            )
        return {"shipments": told}

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Keep what was sent for its time, and forget the recipients."""
        kept = 0
        for row in await transaction.fetch(_ALL, transaction.tenant, person):
            if row["state"] != State.CANCELLED:
                told = await self._told(transaction, person, row)
                kept += await self._archive.keep(
                    transaction, CONTRACT_PAYMENT, row["updated_at"], row["order_number"], told
                )
        forgotten = await transaction.execute(
            "UPDATE shipments SET recipient_sealed = NULL"
            " WHERE tenant = $1 AND member_id = $2 AND recipient_sealed IS NOT NULL",
            transaction.tenant,
            person,
        )
        return Counts({"recipients": forgotten}, {CONTRACT_PAYMENT: kept})

    async def _told(self, reader: Reader, person: UUID, row: Any) -> dict[str, Any]:
        told = {name: value for name, value in dict(row).items() if name not in ("id", "recipient_sealed")}
        return told | {"recipient": await self._recipient(reader, person, row["recipient_sealed"])}

    async def _recipient(self, reader: Reader, person: UUID, sealed: str | None) -> DeliveryAddress | None:
        if sealed is None:
            return None
        try:
            key = await self._vault.key(reader, person)
        except PersonErased:
            return None
        return msgspec.json.decode(key.decrypt(sealed, RECIPIENT), type=DeliveryAddress)
