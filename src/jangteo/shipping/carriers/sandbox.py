"""The adapter of the sandbox's carrier: its words into ours, its signatures checked (see docs/sandbox.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import aiohttp
import msgspec

from jangteo.contracts.order import DeliveryAddress
from jangteo.kit.http.signed import is_genuine
from jangteo.kit.telemetry import traces
from jangteo.shipping.carriers.interface import (
    AlreadyPickedUp,
    CarrierNotReached,
    CarrierRefuses,
    CarrierUnavailable,
    Notice,
    SignatureInvalid,
)
from jangteo.shipping.domain import Code, Sighting
from jangteo.shipping.settings import ShippingSettings

SIGNATURE_HEADER = "sandbox-signature"
WEBHOOK_WINDOW_SECONDS = 300.0
AnswerT = TypeVar("AnswerT")


# PostgreSQL keeps any text but one with a NUL in it.
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]


class _Parcel(msgspec.Struct, frozen=True):
    number: _Text


class _Parcels(msgspec.Struct, frozen=True):
    data: list[_Parcel]


class _Event(msgspec.Struct, frozen=True):
    code: _Text
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    place: _Text


class _Events(msgspec.Struct, frozen=True):
    data: list[_Event]


class _NoticeData(msgspec.Struct, frozen=True):
    parcel: _Parcel
    event: _Event


class _Notice(msgspec.Struct, frozen=True):
    data: _NoticeData


class _Problem(msgspec.Struct, frozen=True):
    code: str = "refused"


class SandboxCarrier:
    """The sandbox as a `Carrier`."""

    name = "sandbox"

    def __init__(self, settings: ShippingSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._url = settings.sandbox_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {settings.sandbox_secret_key}"}
        self._webhook_secret = settings.sandbox_webhook_secret.encode()

    async def register(self, shipment_id: UUID, address: DeliveryAddress, weight_grams: int) -> str:
        """See `Carrier.register`."""
        settings = self._settings
        body = {
            "reference": str(shipment_id),
            "sender": {
                "name": settings.sender_name,
                "phone": settings.sender_phone,
                "zip": settings.sender_zip,
                "address1": settings.sender_address,
            },
            "recipient": {
                "name": address.recipient,
                "phone": address.phone,
                "zip": address.zip,
                "address1": address.address1,
                "address2": address.address2,
            },
            "weight_grams": max(1, weight_grams),
            "note": address.note,
        }
        status, raw = await self._call("POST", "/v1/parcels", msgspec.json.encode(body), key=str(shipment_id))
        if status == 422:
            return await self._refused(shipment_id, _problem(raw))
        if status >= 300:
            raise CarrierUnavailable()
        return _decode(raw, _Parcel).number

    async def find(self, shipment_id: UUID) -> str | None:
        """See `Carrier.find`."""
        status, raw = await self._call("GET", f"/v1/parcels?reference={shipment_id}&limit=1")
        if status >= 300:
            raise CarrierUnavailable()
        found = _decode(raw, _Parcels).data
        return found[0].number if found else None

    async def void(self, number: str) -> None:
        """See `Carrier.void`."""
        status, raw = await self._call("DELETE", f"/v1/parcels/{number}")
        if status == 409:
            raise AlreadyPickedUp()
        if status >= 300 and not (status == 404 and _problem(raw) == "not_found"):
            raise CarrierUnavailable()

    async def track(self, number: str) -> list[Sighting]:
        """See `Carrier.track`."""
        status, raw = await self._call("GET", f"/v1/parcels/{number}/events")
        if status >= 300:
            raise CarrierUnavailable()
        return [_sighting(event) for event in _decode(raw, _Events).data]

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """See `Carrier.parse_webhook`."""
        signature = headers.get(SIGNATURE_HEADER, "")
        if not is_genuine(signature, body, self._webhook_secret, now, WEBHOOK_WINDOW_SECONDS):
            raise SignatureInvalid()
        try:
            notice = msgspec.json.decode(body, type=_Notice)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ValueError("not a notice of the sandbox") from None
        return Notice(notice.data.parcel.number, _sighting(notice.data.event))

    async def _refused(self, shipment_id: UUID, reason: str) -> str:
        if reason != "idempotency_key_reused":
            raise CarrierRefuses(reason=reason)
        # Announced before with other words, such as another sender's name: that parcel is the one.
        number = await self.find(shipment_id)
        if number is None:
            raise CarrierUnavailable()
        return number

    async def _call(self, method: str, path: str, body: bytes | None = None, *, key: str = "") -> tuple[int, bytes]:
        headers: dict[str, Any] = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        try:
            # Traces of ours are no business of a company outside: the span is kept, its context is not sent.
            with traces.client_span(f"{method} {self.name}"):
                async with self._session.request(
                    method, self._url + path, data=body, headers=headers, allow_redirects=False
                ) as response:
                    return response.status, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise CarrierNotReached() from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CarrierUnavailable() from error


def _decode(raw: bytes, answer: type[AnswerT]) -> AnswerT:
    try:
        return msgspec.json.decode(raw, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Something between us and the carrier answered in its place.
        raise CarrierUnavailable() from None


def _problem(raw: bytes) -> str:
    return _decode(raw, _Problem).code


def _sighting(event: _Event) -> Sighting:
    known = event.code in Code.__members__.values()
    return Sighting(Code(event.code) if known else Code.UNKNOWN, event.code, event.at, event.place)
