"""What the carrier reads and shows: JSON in and out."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from jangteo.sandbox.carrier.domain import Event, Parcel, Party
from jangteo.sandbox.carrier.journey import MESSAGES


class PartyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sender or a recipient as the merchant sends it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9(][0-9 ()\-]{6,24}$")]
    zip: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$")]
    address1: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    address2: Annotated[str, msgspec.Meta(max_length=300)] = ""

    def party(self) -> Party:
        """Return it as the domain knows it."""
        return Party(name=self.name, phone=self.phone, zip=self.zip, address1=self.address1, address2=self.address2)

    def __repr__(self) -> str:
        """Show nothing of a person."""
        return "PartyBody(…)"


class NewParcel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/parcels."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    sender: PartyBody
    recipient: PartyBody
    weight_grams: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class NewSpeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/speed."""

    seconds_per_leg: Annotated[float, msgspec.Meta(ge=0.01, le=86400)]


class ParcelView(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as the merchant sees it; the people on it are on its label only."""

    number: str
    reference: str
    status: str
    weight_grams: int
    label_url: str
    created_at: datetime
    updated_at: datetime


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """A tracking event as the merchant sees it."""

    sequence: int
    code: str
    at: datetime
    place: str
    message: str


def instant(seconds: float) -> datetime:
    """Return unix seconds as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def parcel_view(parcel: Parcel, own_url: str) -> ParcelView:
    """Show a parcel; its label lives under `own_url`."""
    return ParcelView(
        number=parcel.number,
        reference=parcel.reference,
        status=parcel.status,
        weight_grams=parcel.weight_grams,
        label_url=f"{own_url}/labels/{parcel.label_key}",
        created_at=instant(parcel.created_at),
        updated_at=instant(parcel.updated_at),
    )


def event_view(event: Event) -> EventView:
    """Show a tracking event."""
    return EventView(
        sequence=event.sequence,
        code=event.code,
        at=instant(event.at),
        place=event.place,
        message=MESSAGES[event.code],
    )
