"""Shipping by hand: the order waits for staff, who put its goods into parcels and give them to a delivery company.

The first parcel that is handed over sends the order on its way; more may follow while goods are left.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from jangteo.contracts.shipping import (
    CreateShipment,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Conflict, Invalid
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.shipping import parcels, store
from jangteo.shipping.commands import new_shipment
from jangteo.shipping.couriers import checked_number
from jangteo.shipping.domain import Shipment
from jangteo.shipping.parcels import Parcel
from jangteo.shipping.schemas import NewParcel, NewParcelLine
from jangteo.shipping.states import State, move

HAND = "hand"
"""The carrier of a shipment that waits for staff."""


class WithCarrier(Conflict):
    """A carrier was told of the parcel by itself."""

    code = "shipment.not_by_hand"
    ko = "택배사에 자동으로 접수된 배송입니다. ({carrier})"
    en = "This shipment is dealt with by its carrier ({carrier})."


class NotToSend(Conflict):
    """The shipment is over, or called off."""

    code = "shipment.not_to_send"
    ko = "발송할 수 있는 배송이 아닙니다. (상태: {status})"
    en = "Nothing can be sent of this shipment (status: {status})."


class NothingLeft(Conflict):
    """All goods are in parcels already."""

    code = "shipment.nothing_left"
    ko = "발송할 상품이 남아 있지 않습니다."
    en = "All goods of this shipment have been sent."


class TooManyPieces(Invalid):
    """More than was ordered and not sent yet."""

    code = "parcel.quantity"
    ko = "발송할 수량이 {left}개 남았습니다: {sku}"
    en = "No more than {left} of {sku} are left to send."


class NumberTaken(Conflict):
    """Another parcel of the shop has this number."""

    code = "parcel.number_taken"
    ko = "이미 등록된 운송장 번호입니다."
    en = "Another parcel has this number."


class Incomplete(Conflict):
    """Goods are left to send."""

    code = "shipment.incomplete"
    ko = "아직 발송하지 않은 상품이 있습니다."
    en = "Not all goods of this shipment have been sent."


async def create_by_hand(transaction: Transaction, command: CreateShipment) -> None:
    """Make a shipment that waits for staff; a repeated command is told again what has become of it."""
    shipment = replace(
        new_shipment(transaction, command.order_id, HAND, State.CREATED),
        order_number=command.order_number,
        member_id=command.member_id,
        weight_grams=command.weight_grams,
    )
    if not await store.insert(transaction, shipment, command.lines, None):
        present = await store.lock_by_order(transaction, command.order_id)
        if present is None or present.state is State.CANCELLED:
            transaction.send(ShipmentCancelled(order_id=command.order_id))
            return
        shipment = present
    transaction.send(
        ShipmentCreated(
            order_id=shipment.order_id,
            shipment_id=shipment.id,
            carrier=shipment.carrier,
            tracking_number=shipment.number or "",
        )
    )


async def hand_over(database: Database, caller: Caller, shipment_id: UUID, new: NewParcel) -> Parcel:
    """Put goods into a parcel that a company has; without lines, all that is left. Asked again, it is the same parcel.

    Raises NoSuchShipment, WithCarrier, NotToSend, NothingLeft, TooManyPieces, NumberTaken, and what is wrong with the
    number.
    """
    async with database.transaction(caller.tenant) as transaction:
        shipment = await _lock(transaction, shipment_id)
        number = checked_number(new.courier, new.tracking_number)
        known = await parcels.find(transaction, new.courier, number)
        if known is not None:
            if known.shipment_id != shipment_id or (new.lines and _sum(new.lines) != known.lines):
                raise NumberTaken(field="tracking_number")
            return known
        if shipment.state not in (State.CREATED, State.DISPATCHED):
            raise NotToSend(status=shipment.state.value)
        lines = _packed(new.lines, await parcels.left(transaction, shipment_id))
        now = transaction.clock.now()
        parcel = Parcel(
            id=new_id(),
            shipment_id=shipment_id,
            courier=new.courier,
            number=number,
            handed_over_at=now,
            lines=lines,
        )
        if not await parcels.insert(transaction, parcel):
            raise NumberTaken(field="tracking_number")
        if shipment.state is State.CREATED:
            await store.save(transaction, replace(shipment, state=move(shipment.state, State.DISPATCHED)))
            transaction.send(_dispatched(shipment, parcel))
        await _note(transaction, caller, shipment, "shipment.handed_over", courier=new.courier, number=number)
    return parcel


async def deliver(database: Database, caller: Caller, shipment_id: UUID) -> Shipment:
    """Note that every parcel arrived, as the company or the buyer says; again is the same.

    Raises NoSuchShipment, WithCarrier, Incomplete, IllegalMove.
    """
    async with database.transaction(caller.tenant) as transaction:
        shipment = await _lock(transaction, shipment_id)
        if shipment.state is State.DELIVERED:
            return shipment
        delivered = replace(shipment, state=move(shipment.state, State.DELIVERED))
        if await parcels.left(transaction, shipment_id):
            raise Incomplete()
        await store.save(transaction, delivered)
        now = transaction.clock.now()
        transaction.send(ShipmentDelivered(order_id=shipment.order_id, shipment_id=shipment_id, at=now))
        await _note(transaction, caller, shipment, "shipment.delivered_by_hand")
    return delivered


def _dispatched(shipment: Shipment, parcel: Parcel) -> ShipmentDispatched:
    return ShipmentDispatched(
        order_id=shipment.order_id,
        shipment_id=shipment.id,
        carrier=parcel.courier,
        tracking_number=parcel.number,
        at=parcel.handed_over_at,
    )


async def _lock(transaction: Transaction, shipment_id: UUID) -> Shipment:
    shipment = await store.lock(transaction, shipment_id)
    if shipment.order_number == "":
        raise store.NoSuchShipment()
    if shipment.carrier != HAND:
        raise WithCarrier(carrier=shipment.carrier)
    return shipment


async def _note(transaction: Transaction, caller: Caller, shipment: Shipment, action: str, **details: Any) -> None:
    on, person = f"shipment:{shipment.id}", shipment.member_id
    await audit.record(transaction, Entry(by=caller, action=action, on=on, person=person, details=details))


def _packed(asked: Sequence[NewParcelLine], left: dict[str, int]) -> dict[str, int]:
    """Return what goes into a parcel. Raises NothingLeft, TooManyPieces."""
    if not left:
        raise NothingLeft()
    for place, line in enumerate(asked):
        if _sum(asked)[line.sku] > left.get(line.sku, 0):
            raise TooManyPieces(field=f"lines[{place}].quantity", sku=line.sku, left=left.get(line.sku, 0))
    return _sum(asked) or left


def _sum(lines: Sequence[NewParcelLine]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.sku] = sums.get(line.sku, 0) + line.quantity
    return sums
