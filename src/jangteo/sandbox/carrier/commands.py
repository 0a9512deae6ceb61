"""What can be done at the carrier, and what its parcels do by themselves."""

import asyncio
import contextlib
import logging
import secrets

import msgspec

from jangteo.sandbox.carrier import domain, store, webhooks
from jangteo.sandbox.carrier.domain import AddressUndeliverable, Event, Parcel
from jangteo.sandbox.carrier.journey import Code, Fault, city_of, fault_of, journey
from jangteo.sandbox.carrier.provider import Carrier
from jangteo.sandbox.carrier.schemas import NewParcel, parcel_view
from jangteo.sandbox.delivery import TIMER_GRAIN
from jangteo.sandbox.idempotency import Answer, Outcome
from jangteo.sandbox.problems import problem

AFTER_FAILURE = 1.0
log = logging.getLogger(__name__)


def accept_parcel(carrier: Carrier, new: NewParcel) -> Outcome:
    """Give a parcel its number and begin its journey. Raises AddressUndeliverable."""
    fault = fault_of(new.recipient.zip)
    if fault is Fault.UNDELIVERABLE:
        raise AddressUndeliverable(field="recipient.zip")
    if fault is Fault.TIMEOUT_NOT_MADE:
        late = problem(504, "provider_timeout", "The carrier did not answer.")
        answer = Answer(504, msgspec.json.encode(late))
        return Outcome(answer=answer, kept=False, hold=carrier.settings.timeout_delay)
    held = carrier.settings.timeout_delay if fault is Fault.TIMEOUT_MADE else 0.0
    parcel = _new_parcel(carrier, new, held)
    store.insert_parcel(carrier.database, parcel, new.sender.party(), new.recipient.party())
    # A short pace must not let the second event overtake the first.
    delay = held + min(carrier.settings.webhook_delay, carrier.seconds_per_leg / 2)
    _note(carrier, parcel, city_of(new.sender.zip), delay)
    carrier.database.after_commit(carrier.moved.set)
    answer = Answer(201, msgspec.json.encode(parcel_view(parcel, carrier.settings.own_url())))
    return Outcome(answer=answer, hold=held)


def void_parcel(carrier: Carrier, number: str) -> Parcel:
    """Call a parcel back before it is picked up. Raises Unknown, AlreadyPickedUp."""
    with carrier.database.transaction():
        before = store.load_parcel(carrier.database, number)
        parcel = domain.void(before, carrier.now())
        if parcel is not before:
            store.update_parcel(carrier.database, parcel)
            _note(carrier, parcel, city_of(parcel.sender_zip))
    return parcel


def set_speed(carrier: Carrier, seconds_per_leg: float) -> None:
    """Change the pace, for parcels on their way too."""
    carrier.seconds_per_leg = seconds_per_leg
    store.hasten(carrier.database, carrier.now() + seconds_per_leg)
    carrier.moved.set()


def advance_due(carrier: Carrier) -> None:
    """Move each parcel whose time has come by one step; after a pause none makes up for lost time."""
    now = carrier.now()
    with carrier.database.transaction():
        for parcel in store.load_due(carrier.database, now):
            way = journey(parcel.sender_zip, parcel.recipient_zip)
            parcel = domain.advance(parcel, way, now, carrier.seconds_per_leg)
            store.update_parcel(carrier.database, parcel)
            _note(carrier, parcel, way[parcel.step].place)


async def keep_moving(carrier: Carrier) -> None:
    """Move parcels for ever."""
    while True:
        carrier.moved.clear()
        try:
            advance_due(carrier)
            due = store.next_due(carrier.database)
            delay = None if due is None else max(0.0, due - carrier.now()) + TIMER_GRAIN
        except Exception:
            log.exception("parcels do not move, trying again in %s s", AFTER_FAILURE)
            delay = AFTER_FAILURE
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(carrier.moved.wait(), delay)


def _new_parcel(carrier: Carrier, new: NewParcel, held: float) -> Parcel:
    now = carrier.now()
    return Parcel(
        number=domain.parcel_number(store.next_serial(carrier.database)),
        reference=new.reference,
        status=Code.ACCEPTED,
        step=0,
        sender_zip=new.sender.zip,
        recipient_zip=new.recipient.zip,
        weight_grams=new.weight_grams,
        note=new.note,
        label_key=secrets.token_urlsafe(24),
        created_at=now,
        updated_at=now,
        next_at=now + held + carrier.seconds_per_leg,
    )


def _note(carrier: Carrier, parcel: Parcel, place: str, delay: float = 0.0) -> None:
    event = Event(number=parcel.number, sequence=parcel.step + 1, code=parcel.status, at=parcel.updated_at, place=place)
    store.insert_event(carrier.database, event)
    webhooks.announce(carrier, parcel, event, delay)
