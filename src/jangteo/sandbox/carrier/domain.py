"""What a parcel is, how it is numbered and when it can still be called back; pure rules, times in unix seconds."""

import msgspec

from jangteo.sandbox.carrier.journey import Code, Step
from jangteo.sandbox.problems import Refusal


class AlreadyPickedUp(Refusal):
    """The carrier has it: nobody can call it back any more."""

    status = 409
    code = "already_picked_up"
    detail = "The parcel has been picked up."


class AddressUndeliverable(Refusal):
    """The carrier does not go there."""

    status = 422
    code = "address_undeliverable"
    detail = "There is no delivery to this address."


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A sender or a recipient."""

    name: str
    phone: str
    zip: str
    address1: str
    address2: str = ""

    def __repr__(self) -> str:
        """Show nothing of a person: a traceback may print what a function was called with."""
        return "Party(…)"


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel; `step` is how far on its journey it is, `next_at` when the next step is due, None at the end."""

    number: str
    reference: str
    status: Code
    step: int
    sender_zip: str
    recipient_zip: str
    weight_grams: int
    note: str
    label_key: str
    created_at: float
    updated_at: float
    next_at: float | None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a parcel; `sequence` counts from 1 in the order in which it did."""

    number: str
    sequence: int
    code: Code
    at: float
    place: str


def parcel_number(serial: int) -> str:
    """Return the waybill number of an eleven-digit serial: its remainder modulo 7 follows it, as on Korean waybills."""
    return f"{serial:011}{serial % 7}"


def void(parcel: Parcel, now: float) -> Parcel:
    """Call a parcel back; again is the same. Raises AlreadyPickedUp."""
    if parcel.status is Code.VOIDED:
        return parcel
    if parcel.status is not Code.ACCEPTED:
        raise AlreadyPickedUp
    return msgspec.structs.replace(parcel, status=Code.VOIDED, step=parcel.step + 1, updated_at=now, next_at=None)


def advance(parcel: Parcel, way: tuple[Step, ...], now: float, seconds_per_leg: float) -> Parcel:
    """Move a parcel one step along its way."""
    step = parcel.step + 1
    next_at = now + seconds_per_leg if step + 1 < len(way) else None
    return msgspec.structs.replace(parcel, status=way[step].code, step=step, updated_at=now, next_at=next_at)


def masked_name(name: str) -> str:
    """Hide all but the first and the last letter, as labels do: 김민수 -> 김*수."""
    if len(name) < 3:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_phone(phone: str) -> str:
    """Hide all digits but the last four."""
    digits = sum(character.isdigit() for character in phone)
    shown = []
    for character in phone:
        if character.isdigit():
            shown.append(character if digits <= 4 else "*")
            digits -= 1
        else:
            shown.append(character)
    return "".join(shown)
