"""What a carrier must be able to do, whoever it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from jangteo.contracts.order import DeliveryAddress
from jangteo.kit.errors import Conflict, Invalid, Unauthenticated, Unavailable
from jangteo.shipping.domain import Sighting


class CarrierUnavailable(Unavailable):
    """The carrier did not answer: whether it did what it was asked is not known, and asking again is harmless."""

    code = "carrier.unavailable"


class CarrierNotReached(CarrierUnavailable):
    """There was no connection to the carrier: what it was to be asked did not happen."""

    code = "carrier.not_reached"


class CarrierRefuses(Invalid):
    """The carrier will never take this parcel; `reason` is its word for why."""

    code = "carrier.refuses"
    ko = "택배사가 접수를 거부했습니다: {reason}"
    en = "The carrier refuses the parcel: {reason}"


class AlreadyPickedUp(Conflict):
    """The carrier has the parcel and does not give it back."""

    code = "carrier.already_picked_up"


class SignatureInvalid(Unauthenticated):
    """A notice that the carrier did not sign, or signed too long ago."""

    code = "webhook.signature_invalid"
    ko = "웹훅 서명이 올바르지 않습니다."
    en = "The signature of the webhook does not hold."


class Notice(NamedTuple):
    """A webhook, checked and read."""

    number: str
    sighting: Sighting


class Carrier(Protocol):
    """A company that delivers."""

    name: str

    async def register(self, shipment_id: UUID, address: DeliveryAddress, weight_grams: int) -> str:
        """Announce a parcel and return its number; again, for the same shipment, it is the same parcel.

        Raises CarrierNotReached, CarrierUnavailable, CarrierRefuses.
        """
        ...

    async def find(self, shipment_id: UUID) -> str | None:
        """Return the number of the shipment's parcel, None where there is none. Raises CarrierUnavailable."""
        ...

    async def void(self, number: str) -> None:
        """Call a parcel back; again is the same, and one that is not there is never sent.

        Raises AlreadyPickedUp, CarrierUnavailable.
        """
        ...

    async def track(self, number: str) -> list[Sighting]:
        """Return all that is known of a parcel. Raises CarrierUnavailable."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Read a webhook's raw body. Raises SignatureInvalid, or ValueError for a body that is no notice."""
        ...
