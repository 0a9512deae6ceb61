"""The use cases of shipping: one transaction each, no HTTP, no SQL, no carrier called."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec

from jangteo.contracts.order import DeliveryAddress
from jangteo.contracts.shipping import (
    CancelShipment,
    CreateShipment,
    ShipmentCancelled,
    ShipmentCancelRefused,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.privacy import Vault
from jangteo.shipping import store
from jangteo.shipping.domain import Shipment, Sighting, Task, is_gone, way_to
from jangteo.shipping.states import State, move

RECIPIENT = "shipment.recipient"
_NOBODY = UUID(int=0)


async def create_shipment(
    transaction: Transaction, command: CreateShipment, carrier: str, wake: Callable[[], None]
) -> None:
    """Make the shipment of an order; one that was called off before it came is refused."""
    shipment = _new(transaction, command.order_id, carrier, State.REQUESTED)
    shipment = msgspec.structs.replace(
        shipment,
        order_number=command.order_number,
        member_id=command.member_id,
        weight_grams=command.weight_grams,
        task=Task.REGISTER,
    )
    if await store.insert(transaction, shipment, command.lines, transaction.clock.now()):
        transaction.after_commit(wake)
        return
    present = await store.lock_by_order(transaction, command.order_id)
    if present is not None and present.state is State.CANCELLED:
        transaction.send(ShipmentCancelled(order_id=command.order_id))


async def cancel_shipment(
    transaction: Transaction, command: CancelShipment, carrier: str, wake: Callable[[], None]
) -> None:
    """Call a shipment off, if the carrier does not have it yet; one that comes later finds a tombstone."""
    tombstone = _new(transaction, command.order_id, carrier, State.CANCELLED)
    if await store.insert(transaction, tombstone, [], None):
        transaction.send(ShipmentCancelled(order_id=command.order_id))
        return
    shipment = await store.lock_by_order(transaction, command.order_id)
    if shipment is None or shipment.state is State.CANCELLED:
        transaction.send(ShipmentCancelled(order_id=command.order_id))
    elif is_gone(shipment.state):
        transaction.send(ShipmentCancelRefused(order_id=command.order_id))
    elif shipment.state is State.REQUESTED and shipment.tries == 0:
        # The carrier was never asked: there is nothing to call back.
        await _finish_cancellation(transaction, shipment)
    elif shipment.state is not State.CANCELLING:
        # Where the carrier is being asked just now, the answer is waited for: only then is there a number to void.
        task = Task.VOID if shipment.number else Task.REGISTER
        changed = msgspec.structs.replace(
            shipment, state=move(shipment.state, State.CANCELLING), wanted_back=True, task=task
        )
        await store.save(transaction, changed, due_at=transaction.clock.now())
        transaction.after_commit(wake)


async def keep_recipient(database: Database, vault: Vault, shipment: Shipment, address: DeliveryAddress) -> None:
    """Keep where a shipment goes, under the member's own key."""
    async with database.transaction(shipment.tenant) as transaction:
        key = await vault.make_key(transaction, shipment.member_id)
        sealed = key.encrypt(msgspec.json.encode(address).decode(), RECIPIENT)
        await store.seal_recipient(transaction, shipment.id, sealed)


async def record_parcel(database: Database, shipment_id: UUID, tenant: str, number: str, poll_after: float) -> None:
    """Record that the carrier took a parcel on; one that was wanted back meanwhile is called back at once."""
    async with database.transaction(tenant) as transaction:
        shipment = await store.lock(transaction, shipment_id)
        now = transaction.clock.now()
        if shipment.number is not None:
            return
        if shipment.wanted_back:
            changed = msgspec.structs.replace(shipment, number=number, task=Task.VOID, tries=0)
            await store.save(transaction, changed, due_at=now)
            return
        state = move(shipment.state, State.CREATED)
        changed = msgspec.structs.replace(shipment, state=state, number=number, task=Task.POLL, tries=0)
        await store.save(transaction, changed, due_at=now + timedelta(seconds=poll_after))
        transaction.send(
            ShipmentCreated(
                order_id=shipment.order_id, shipment_id=shipment.id, carrier=shipment.carrier, tracking_number=number
            )
        )


async def record_refusal(database: Database, shipment_id: UUID, tenant: str) -> None:
    """Record that the carrier will not take the parcel: the order cannot be shipped and is told so."""
    async with database.transaction(tenant) as transaction:
        shipment = await store.lock(transaction, shipment_id)
        if shipment.state in (State.REQUESTED, State.CANCELLING):
            await _finish_cancellation(transaction, shipment)


async def record_void(database: Database, shipment_id: UUID, tenant: str) -> None:
    """Record that the carrier gave the parcel back."""
    async with database.transaction(tenant) as transaction:
        shipment = await store.lock(transaction, shipment_id)
        if shipment.state is State.CANCELLING:
            await _finish_cancellation(transaction, shipment)


async def record_too_late(database: Database, shipment_id: UUID, tenant: str) -> None:
    """Record that the parcel was picked up before it could be called back."""
    async with database.transaction(tenant) as transaction:
        shipment = await store.lock(transaction, shipment_id)
        if shipment.state is not State.CANCELLING:
            return
        changed = msgspec.structs.replace(
            shipment, state=move(shipment.state, State.CREATED), wanted_back=False, task=Task.POLL, tries=0
        )
        # What the carrier saw is asked for at once: its notice may have come while we were asking.
        await store.save(transaction, changed, due_at=transaction.clock.now())
        transaction.send(ShipmentCancelRefused(order_id=shipment.order_id))


async def postpone(database: Database, shipment: Shipment, seconds: float) -> None:
    """Do the task later."""
    async with database.transaction(shipment.tenant) as transaction:
        present = await store.lock(transaction, shipment.id)
        if present.task is not None:
            await store.save(transaction, present, due_at=transaction.clock.now() + timedelta(seconds=seconds))


async def note_sighting(
    database: Database, tenant: str, shipment_id: UUID, sighting: Sighting, poll_after: float
) -> None:
    """Take in what a carrier saw; the same twice, or out of order, does no harm."""
    async with database.transaction(tenant) as transaction:
        shipment = await store.lock(transaction, shipment_id)
        new, until = await store.note(transaction, shipment_id, sighting)
        if not new:
            return
        entered = way_to(shipment.state, sighting, until)
        if State.DISPATCHED in entered and shipment.wanted_back:
            transaction.send(ShipmentCancelRefused(order_id=shipment.order_id))
        for state in entered:
            _tell(transaction, shipment, state, sighting)
        if entered:
            shipment = msgspec.structs.replace(shipment, state=entered[-1], wanted_back=False)
        on_its_way = shipment.state in (State.CREATED, State.DISPATCHED)
        task = shipment.task if shipment.state is State.CANCELLING else Task.POLL if on_its_way else None
        now = transaction.clock.now()
        due_at = now if task is Task.VOID else now + timedelta(seconds=poll_after) if task else None
        await store.save(transaction, msgspec.structs.replace(shipment, task=task, tries=0), due_at=due_at)


def _tell(transaction: Transaction, shipment: Shipment, state: State, sighting: Sighting) -> None:
    if state is State.DISPATCHED:
        transaction.send(
            ShipmentDispatched(
                order_id=shipment.order_id,
                shipment_id=shipment.id,
                carrier=shipment.carrier,
                tracking_number=shipment.number or "",
                at=sighting.at,
            )
        )
    elif state is State.DELIVERED:
        transaction.send(ShipmentDelivered(order_id=shipment.order_id, shipment_id=shipment.id, at=sighting.at))


async def _finish_cancellation(transaction: Transaction, shipment: Shipment) -> None:
    changed = msgspec.structs.replace(shipment, state=move(shipment.state, State.CANCELLED), task=None)
    await store.save(transaction, changed)
    transaction.send(ShipmentCancelled(order_id=shipment.order_id))


def _new(transaction: Transaction, order_id: UUID, carrier: str, state: State) -> Shipment:
    return Shipment(
        id=new_id(),
        tenant=transaction.tenant,
        order_id=order_id,
        order_number="",
        member_id=_NOBODY,
        state=state,
        carrier=carrier,
        number=None,
        weight_grams=0,
        wanted_back=False,
        task=None,
        tries=0,
    )
