"""Reads of the shipping service; what staff read of others' is audited."""

from typing import Any
from uuid import UUID

import msgspec

from jangteo.contracts.order import DeliveryAddress
from jangteo.kit import audit
from jangteo.kit.audit import Entry, reason_given
from jangteo.kit.auth import Caller
from jangteo.kit.postgres import Database, Reader
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.shipping import parcels
from jangteo.shipping.by_hand import HAND
from jangteo.shipping.commands import RECIPIENT
from jangteo.shipping.couriers import name_of
from jangteo.shipping.domain import LABELS as CODE_LABELS
from jangteo.shipping.domain import Code, masked_name
from jangteo.shipping.parcels import Parcel
from jangteo.shipping.schemas import (
    LineView,
    ParcelView,
    RecipientView,
    ShipmentDetail,
    ShipmentPage,
    ShipmentView,
    SightingView,
)
from jangteo.shipping.states import LABELS, State
from jangteo.shipping.store import NoSuchShipment

MANAGE, UNMASK = "shipments.manage", "members.unmask"


class Shipments:
    """Shipments as members and staff see them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def list(
        self, caller: Caller, language: str, *, order_id: UUID | None, cursor: UUID | None, size: int
    ) -> ShipmentPage:
        """Return the caller's own shipments, of one order where it is named; staff see everybody's."""
        conditions: dict[str, Any] = {"tenant = ?": caller.tenant}
        if MANAGE not in caller.permissions:
            conditions["member_id = ?"] = caller.member_id
        if order_id is not None:
            conditions["order_id = ?"] = order_id
        if cursor is not None:
            conditions["id < ?"] = cursor
        where = " AND ".join(sql.replace("?", f"${place}") for place, sql in enumerate(conditions, 1))
        # A tombstone has no order number: there was never a shipment.
        sql = f"SELECT * FROM shipments WHERE {where} AND order_number <> '' ORDER BY id DESC LIMIT {size + 1}"
        async with self._database.read(caller.tenant) as reader:
            rows = await reader.fetch(sql, *conditions.values())
        if MANAGE in caller.permissions and {row["member_id"] for row in rows} != {caller.id}:
            on = f"order:{order_id}" if order_id else ""
            owners = {row["member_id"] for row in rows} if order_id else set()
            await self._note(caller, "shipments.read", on, next(iter(owners), None))
        items = [ShipmentView(**_summary(row, language)) for row in rows[:size]]
        return ShipmentPage(items=items, next_cursor=items[-1].id if len(rows) > size else None)

    async def one(self, caller: Caller, shipment_id: UUID, language: str) -> ShipmentDetail:
        """Return a shipment with its tracking. Raises NoSuchShipment for one that is another member's."""
        staff = MANAGE in caller.permissions
        async with self._database.read(caller.tenant) as reader:
            row = await reader.fetchrow("SELECT * FROM shipments WHERE id = $1 AND order_number <> ''", shipment_id)
            if row is None or not (staff or row["member_id"] == caller.member_id):
                raise NoSuchShipment()
            lines = await reader.fetch(
                "SELECT sku, quantity FROM shipment_lines WHERE shipment_id = $1 ORDER BY sku", shipment_id
            )
            seen = await reader.fetch("SELECT * FROM sightings WHERE shipment_id = $1 ORDER BY at, raw", shipment_id)
            recipient = await self._recipient(reader, row, masked=row["member_id"] != caller.id)
            by_hand = row["carrier"] == HAND
            handed_over = [parcel_view(one, language) for one in await parcels.of_shipment(reader, shipment_id)]
            left = await parcels.left(reader, shipment_id) if by_hand else {}
        if row["member_id"] != caller.id:
            await self._note(caller, "shipment.read", f"shipment:{shipment_id}", row["member_id"])
        summary = _summary(row, language)
        if by_hand and handed_over:
            first = handed_over[0]
            summary |= {"carrier": first.courier, "tracking_number": first.tracking_number}
        packed = [LineView(sku=line["sku"], quantity=line["quantity"]) for line in lines]
        return ShipmentDetail(
            **summary,
            lines=packed,
            parcels=handed_over if by_hand else _announced(row, packed, language),
            by_hand=by_hand,
            left=[LineView(sku=sku, quantity=quantity) for sku, quantity in left.items()],
            recipient=recipient,
            tracking=[_sighting(entry, language) for entry in seen],
        )

    async def disclose(self, caller: Caller, shipment_id: UUID, reason: str) -> RecipientView:
        """Return where a shipment goes, unmasked.

        Raises PermissionMissing, ReasonInvalid, NoSuchShipment, PersonErased.
        """
        caller.require(UNMASK)
        why = reason_given(reason)
        async with self._database.transaction(caller.tenant) as transaction:
            row = await transaction.fetchrow(
                "SELECT * FROM shipments WHERE id = $1 AND order_number <> ''", shipment_id
            )
            if row is None:
                raise NoSuchShipment()
            recipient = await self._recipient(transaction, row, masked=False)
            if recipient is None:
                raise PersonErased()
            on, person = f"shipment:{shipment_id}", row["member_id"]
            entry = Entry(by=caller, action="shipment.address_disclosed", on=on, person=person, reason=why)
            await audit.record(transaction, entry)
        return recipient

    async def _note(self, caller: Caller, action: str, on: str, person: UUID | None) -> None:
        await audit.note(self._database, caller.tenant, Entry(by=caller, action=action, on=on, person=person))

    async def _recipient(self, reader: Reader, row: Any, *, masked: bool) -> RecipientView | None:
        if row["recipient_sealed"] is None:
            return None
        try:
            key = await self._vault.key(reader, row["member_id"])
        except PersonErased:
            return None
        address = msgspec.json.decode(key.decrypt(row["recipient_sealed"], RECIPIENT), type=DeliveryAddress)
        return RecipientView(
            recipient=masked_name(address.recipient) if masked else address.recipient,
            zip=address.zip,
            address1=" ".join(address.address1.split()[:2]) if masked else address.address1,
            address2="***" if masked else address.address2,
        )


def parcel_view(parcel: Parcel, language: str) -> ParcelView:
    """Return a parcel that staff handed over."""
    return ParcelView(
        courier=parcel.courier,
        courier_name=name_of(parcel.courier, language),
        tracking_number=parcel.number,
        handed_over_at=parcel.handed_over_at,
        lines=[LineView(sku=sku, quantity=quantity) for sku, quantity in parcel.lines.items()],
    )


def _announced(row: Any, lines: list[LineView], language: str) -> list[ParcelView]:
    """Return the one parcel that a carrier knows of, if it does: everything is in it."""
    if row["number"] is None:
        return []
    carrier = row["carrier"]
    return [
        ParcelView(
            courier=carrier,
            courier_name=name_of(carrier, language),
            tracking_number=row["number"],
            handed_over_at=None,
            lines=lines,
        )
    ]


def _summary(row: Any, language: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "order_id": row["order_id"],
        "order_number": row["order_number"],
        "status": row["state"],
        "status_label": LABELS[State(row["state"])][language != "ko"],
        "carrier": row["carrier"],
        "tracking_number": row["number"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _sighting(row: Any, language: str) -> SightingView:
    label = CODE_LABELS[Code(row["code"])][language != "ko"]
    return SightingView(at=row["at"], code=row["code"], label=label, raw=row["raw"], place=row["place"])
