"""HTTP in: quotes for everybody, shipments for their members and staff, and the carriers' webhooks."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from jangteo.contracts.shipping import Quote, QuoteRequest
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid, NotFound
from jangteo.kit.http.permission import needs
from jangteo.kit.postgres import Database
from jangteo.shipping import by_hand, store
from jangteo.shipping.carriers import Carriers
from jangteo.shipping.commands import note_sightings
from jangteo.shipping.couriers import COURIERS, name_of
from jangteo.shipping.fees import Tariff, quote
from jangteo.shipping.queries import MANAGE, UNMASK, Shipments, parcel_view
from jangteo.shipping.schemas import (
    Couriers,
    CourierView,
    DeliveryNoted,
    Disclosure,
    NewParcel,
    NewQuote,
    ParcelView,
    RecipientView,
    ShipmentDetail,
    ShipmentPage,
    WebhookTaken,
)
from jangteo.shipping.settings import ShippingSettings


class WebhookMalformed(Invalid):
    """The body is signed by the carrier and still none of its notices."""

    code = "webhook.malformed"
    ko = "웹훅 본문을 읽을 수 없습니다."
    en = "The body of the webhook cannot be read."


@post("/v1/shipping/quotes", status_code=200, summary="What a delivery costs")
async def quote_delivery(
    data: JSONBody[NewQuote], tariff: NamedDependency[Tariff], database: NamedDependency[Database]
) -> Quote:
    """Return the fee: base fee, free-over threshold, what the sea and the weight add; and when the parcel comes."""
    asked = QuoteRequest(zip=data.zip, items_total=data.items_total, weight_grams=data.weight_grams)
    return quote(asked, tariff, database.clock.now())


@post("/internal/quotes", status_code=200, include_in_schema=False)
async def quote_internally(
    data: JSONBody[QuoteRequest],
    caller: NamedDependency[Caller],
    tariff: NamedDependency[Tariff],
    database: NamedDependency[Database],
) -> Quote:
    """Return the same to the services that total up."""
    caller.require_service("order", "cart")
    return quote(data, tariff, database.clock.now())


@get("/v1/shipments", summary="Shipments of mine")
async def list_shipments(
    caller: NamedDependency[Caller],
    language: NamedDependency[str],
    shipments: NamedDependency[Shipments],
    order_id: FromQuery[UUID | None] = None,
    cursor: FromQuery[UUID | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> ShipmentPage:
    """Return the member's own shipments, the newest first; staff see everybody's."""
    return await shipments.list(caller, language, order_id=order_id, cursor=cursor, size=size)


@get("/v1/shipments/{shipment_id:uuid}", summary="One shipment and where it is")
async def show_shipment(
    shipment_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    language: NamedDependency[str],
    shipments: NamedDependency[Shipments],
) -> ShipmentDetail:
    """Return a shipment with its tracking."""
    return await shipments.one(caller, shipment_id, language)


@post(
    "/v1/shipments/{shipment_id:uuid}/address-disclosure",
    status_code=200,
    summary="Where a shipment goes, unmasked",
    guards=[needs(UNMASK)],
)
async def disclose_address(
    shipment_id: FromPath[UUID],
    data: JSONBody[Disclosure],
    caller: NamedDependency[Caller],
    shipments: NamedDependency[Shipments],
) -> RecipientView:
    """Return the whole address, to staff who may see personal data, for a reason that is recorded."""
    return await shipments.disclose(caller, shipment_id, data.reason)


@get("/v1/shipping/couriers", summary="Delivery companies that parcels are handed to")
async def list_couriers(language: NamedDependency[str]) -> Couriers:
    """Return the companies that staff may choose, with what their numbers look like."""
    return Couriers(
        items=[
            CourierView(code=one.code, name=name_of(one.code, language), digits=list(one.digits))
            for one in COURIERS.values()
        ]
    )


@post("/v1/shipments/{shipment_id:uuid}/parcels", status_code=201, summary="Hand a parcel over", guards=[needs(MANAGE)])
async def add_parcel(
    shipment_id: FromPath[UUID],
    data: JSONBody[NewParcel],
    caller: NamedDependency[Caller],
    language: NamedDependency[str],
    database: NamedDependency[Database],
) -> ParcelView:
    """Record a parcel that staff gave to a delivery company; the first one sends the order on its way."""
    return parcel_view(await by_hand.hand_over(database, caller, shipment_id, data), language)


@post(
    "/v1/shipments/{shipment_id:uuid}/delivery",
    status_code=200,
    summary="Say that all parcels arrived",
    guards=[needs(MANAGE)],
)
async def note_delivery(
    shipment_id: FromPath[UUID], caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> DeliveryNoted:
    """Record, as staff, that a shipment which was sent by hand was delivered."""
    shipment = await by_hand.deliver(database, caller, shipment_id)
    return DeliveryNoted(id=shipment.id, order_id=shipment.order_id, status=shipment.state.value)


@post("/v1/webhooks/carriers/{carrier:str}", status_code=202, summary="Notices of a carrier")
async def take_webhook(
    request: Request[Any, Any, Any],
    carrier: FromPath[str],
    carriers: NamedDependency[Carriers],
    database: NamedDependency[Database],
    settings: NamedDependency[ShippingSettings],
) -> WebhookTaken:
    """Take a notice in, if the carrier's signature of the raw body holds."""
    known = carriers.get(carrier)
    if known is None:
        raise NotFound()
    try:
        notice = known.parse_webhook(request.headers, await request.body(), database.clock.now())
    except ValueError:
        raise WebhookMalformed(field="$") from None
    found = await store.find_by_number(database, carrier, notice.number)
    if found is not None:
        await note_sightings(database, *found, [notice.sighting], settings.poll_after)
    return WebhookTaken(known=found is not None)


ROUTES = [
    quote_delivery,
    quote_internally,
    list_shipments,
    show_shipment,
    disclose_address,
    list_couriers,
    add_parcel,
    note_delivery,
    take_webhook,
]
