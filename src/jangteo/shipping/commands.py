"""The use cases of shipping: one transaction each, no HTTP, no SQL, no carrier called."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

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
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Database, Transaction
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.shipping import store
from jangteo.shipping.domain import Shipment, Sighting, Task, is_gone, way_to
from jangteo.shipping.states import State, move

log = logging.getLogger(__name__)

RECIPIENT = "shipment.recipient"
_NOBODY = UUID(int=0)


class Taker(Protocol):
    """Who does the tasks, as those who make them see it."""

    def wake(self) -> None:
        """Look for due tasks at once."""

    def lease(self, now: datetime) -> datetime | None:
        """Return until when a task made now is taken care of by `take`, or None where there is no room for it."""

    def take(self, shipment: Shipment) -> None:
        """Begin the task of a shipment that was stored under the lease."""


async def create_shipment(transaction: Transaction, command: CreateShipment, carrier: str, desk: Taker) -> None:
    """Make the shipment of an order; a repeated command is told again what has become of it.

    Its task is stored as taken, and handed over after the commit: a look for it would be a transaction of its own.
    """
    now = transaction.clock.now()
    until = desk.lease(now)
    times = 0 if until is None else 1
    shipment = replace(
        new_shipment(transaction, command.order_id, carrier, State.REQUESTED),
        order_number=command.order_number,
        member_id=command.member_id,
        weight_grams=command.weight_grams,
        task=Task.REGISTER,
        tries=times,
        asked=times,
    )
    if await store.insert_at_once(transaction, shipment, command.lines, until or now):
        if until is None:
            transaction.after_commit(desk.wake)
        else:
            transaction.after_commit(partial(desk.take, shipment))
        return
    present = await store.lock_by_order(transaction, command.order_id)
    if present is None:
        return
    if present.state is State.CANCELLED:
        # Called off before it came, or refused by the carrier since.
        transaction.send(ShipmentCancelled(order_id=present.order_id))
    elif present.number is not None and not present.wanted_back:
        transaction.send(_created(present, present.number))


async def cancel_shipment(
    transaction: Transaction, command: CancelShipment, carrier: str, wake: Callable[[], None]
) -> None:
    """Call a shipment off, if the carrier does not have it yet; one that comes later finds a tombstone."""
    tombstone = new_shipment(transaction, command.order_id, carrier, State.CANCELLED)
    if await store.insert(transaction, tombstone, [], None):
        transaction.send(ShipmentCancelled(order_id=command.order_id))
        return
    shipment = await store.lock_by_order(transaction, command.order_id)
    if shipment is None or shipment.state is State.CANCELLED:
        transaction.send(ShipmentCancelled(order_id=command.order_id))
    elif is_gone(shipment.state):
        transaction.send(ShipmentCancelRefused(order_id=command.order_id))
    elif shipment.number is None and shipment.asked == 0:
        await _finish_cancellation(transaction, shipment)
    elif shipment.number is None and shipment.state is State.REQUESTED:
        # The carrier is being asked just now, or was and did not answer; the desk finds out whether it has a parcel.
        await store.want_back(transaction, shipment.id, move(shipment.state, State.CANCELLING))
    elif shipment.state is not State.CANCELLING:
        changed = replace(shipment, state=move(shipment.state, State.CANCELLING), wanted_back=True, task=Task.VOID)
        await store.save(transaction, changed, due_at=transaction.clock.now())
        transaction.after_commit(wake)


async def record_parcel(
    database: Database,
    vault: Vault,
    shipment: Shipment,
    number: str,
    address: DeliveryAddress | None,
    poll_after: float,
) -> bool:
    """Record that the carrier took a parcel on, and under the member's own key where it goes.

    Return whether there is more to do at once: a parcel that was wanted back meanwhile is called back.
    """
    async with database.transaction(shipment.tenant) as transaction:
        sealed = None if address is None else await _sealed(transaction, vault, shipment, address)
        now = transaction.clock.now()
        if await store.save_parcel(transaction, shipment, number, now + timedelta(seconds=poll_after), sealed):
            transaction.send(_created(shipment, number))
            return False
        present = await store.lock(transaction, shipment.id)
        if present.number is not None:
            return False
        changed = replace(present, number=number, tries=0, asked=0)
        if present.wanted_back or present.state is State.CANCELLED:
            await store.save(transaction, replace(changed, task=Task.VOID), due_at=now, recipient=sealed)
            return True
        # After a failed call notices may have come that nobody could place, so the carrier is asked at once.
        late = present.asked > 1
        due_at = now if late else now + timedelta(seconds=poll_after)
        changed = replace(changed, state=move(present.state, State.CREATED), task=Task.POLL)
        await store.save(transaction, changed, due_at=due_at, recipient=sealed)
        transaction.send(_created(present, number))
    return late


async def record_refusal(database: Database, shipment: Shipment) -> None:
    """Record that the parcel cannot be sent, and that the carrier does not have it: the order is told so."""
    async with database.transaction(shipment.tenant) as transaction:
        present = await store.lock(transaction, shipment.id)
        if present.state in (State.REQUESTED, State.CANCELLING) and present.number is None:
            await _finish_cancellation(transaction, present)


async def record_not_reached(database: Database, shipment: Shipment, seconds: float) -> None:
    """Record that a registration never got to the carrier; it is done later, or no more if it is wanted back."""
    async with database.transaction(shipment.tenant) as transaction:
        present = await store.lock(transaction, shipment.id)
        if present.task is not Task.REGISTER or present.asked == 0:
            return
        present = replace(present, asked=present.asked - 1)
        if present.asked == 0 and present.wanted_back:
            await _finish_cancellation(transaction, present)
        else:
            await store.save(transaction, present, due_at=transaction.clock.now() + timedelta(seconds=seconds))


async def record_void(database: Database, shipment: Shipment) -> None:
    """Record that the carrier gave the parcel back."""
    async with database.transaction(shipment.tenant) as transaction:
        present = await store.lock(transaction, shipment.id)
        if present.state is State.CANCELLING:
            await _finish_cancellation(transaction, present)
        elif present.task is Task.VOID:
            await store.save(transaction, replace(present, task=None))


async def record_too_late(database: Database, shipment: Shipment) -> None:
    """Record that the parcel was picked up before it could be called back."""
    async with database.transaction(shipment.tenant) as transaction:
        present = await store.lock(transaction, shipment.id)
        if present.state is State.CANCELLED and present.task is Task.VOID:
            log.error("parcel %s of a cancelled order is with the carrier: call it back by hand", present.number)
            await store.save(transaction, replace(present, task=None))
        if present.state is not State.CANCELLING:
            return
        changed = replace(present, state=move(present.state, State.CREATED), wanted_back=False, task=Task.POLL, tries=0)
        # What the carrier saw is asked for at once: its notice may have come while we were asking.
        await store.save(transaction, changed, due_at=transaction.clock.now())
        transaction.send(ShipmentCancelRefused(order_id=present.order_id))


async def postpone(database: Database, shipment: Shipment, seconds: float) -> None:
    """Do the task later, unless another has taken its place."""
    async with database.transaction(shipment.tenant) as transaction:
        await store.put_off(transaction, shipment, transaction.clock.now() + timedelta(seconds=seconds))


async def note_sightings(
    database: Database, tenant: str, shipment_id: UUID, sightings: Sequence[Sighting], poll_after: float
) -> bool:
    """Take in what a carrier saw and return whether any of it was new; repeated or out of order it does no harm."""
    async with database.transaction(tenant) as transaction:
        before = await store.lock(transaction, shipment_id)
        fresh, until = await store.note(transaction, shipment_id, sightings)
        shipment = before
        for sighting in sorted(fresh, key=lambda one: one.at):
            for state in way_to(shipment.state, sighting, until):
                transaction.send(*_news(shipment, state, sighting))
                shipment = replace(shipment, state=state, wanted_back=False)
            if sighting.is_known:
                until = sighting.at if until is None else max(until, sighting.at)
        # A parcel that is being called back goes its own way, unless this ends it.
        if fresh and (shipment.task is not Task.VOID or shipment.state is not before.state):
            awaited = shipment.state in (State.CREATED, State.DISPATCHED, State.LOST)
            changed = replace(shipment, task=Task.POLL if awaited else None, tries=0)
            due_at = transaction.clock.now() + timedelta(seconds=poll_after) if awaited else None
            await store.save(transaction, changed, due_at=due_at)
    return bool(fresh)


def _news(shipment: Shipment, state: State, sighting: Sighting) -> list[Message]:
    order_id, news = shipment.order_id, list[Message]()
    # One that was lost and is found again was told of before.
    if state is State.DISPATCHED and shipment.state is not State.LOST:
        if shipment.wanted_back:
            news.append(ShipmentCancelRefused(order_id=order_id))
        news.append(
            ShipmentDispatched(
                order_id=order_id,
                shipment_id=shipment.id,
                carrier=shipment.carrier,
                tracking_number=shipment.number or "",
                at=sighting.at,
            )
        )
    elif state is State.DELIVERED:
        news.append(ShipmentDelivered(order_id=order_id, shipment_id=shipment.id, at=sighting.at))
    elif state is State.CANCELLED:
        news.append(ShipmentCancelled(order_id=order_id))
    return news


def _created(shipment: Shipment, number: str) -> Message:
    return ShipmentCreated(
        order_id=shipment.order_id, shipment_id=shipment.id, carrier=shipment.carrier, tracking_number=number
    )


async def _sealed(transaction: Transaction, vault: Vault, shipment: Shipment, address: DeliveryAddress) -> str | None:
    try:
        key = await vault.make_key(transaction, shipment.member_id)
    except PersonErased:
        return None
    return key.encrypt(msgspec.json.encode(address).decode(), RECIPIENT)


async def _finish_cancellation(transaction: Transaction, shipment: Shipment) -> None:
    changed = replace(shipment, state=move(shipment.state, State.CANCELLED), task=None)
    await store.save(transaction, changed)
    transaction.send(ShipmentCancelled(order_id=shipment.order_id))


def new_shipment(transaction: Transaction, order_id: UUID, carrier: str, state: State) -> Shipment:
    """Return the shipment of an order, about which nothing is known but where it begins."""
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
        asked=0,
    )
