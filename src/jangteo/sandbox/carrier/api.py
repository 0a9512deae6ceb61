"""The carrier's HTTP: everything for the merchant with its secret key, labels for whoever has their address."""

from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.carrier import commands, store
from jangteo.sandbox.carrier.domain import masked_name, masked_phone
from jangteo.sandbox.carrier.provider import Carrier
from jangteo.sandbox.carrier.schemas import NewParcel, NewSpeed, event_view, parcel_view
from jangteo.sandbox.delivery_log import list_deliveries
from jangteo.sandbox.entrance import Limit, answer_once, json_response, read_body, secret_key_guard
from jangteo.sandbox.pages import Pages, language_of
from jangteo.sandbox.problems import HANDLERS

AnyRequest = Request[Any, Any, Any]
CarrierOf = NamedDependency[SkipValidation[Carrier]]
PagesOf = NamedDependency[SkipValidation[Pages]]


@post("/v1/parcels")
async def accept_parcel(request: AnyRequest, carrier: CarrierOf) -> Response[bytes]:
    """Take a parcel on."""
    body = await read_body(request, NewParcel)
    return await answer_once(request, carrier.answers, body, lambda: commands.accept_parcel(carrier, body))


@get("/v1/parcels")
async def list_parcels(
    carrier: CarrierOf, reference: FromQuery[str] = "", after: FromQuery[str] = "", limit: Limit = 100
) -> Response[bytes]:
    """List parcels in the order they were made; `after` is the last number seen."""
    found = store.list_parcels(carrier.database, reference, after, limit + 1)
    shown = [parcel_view(parcel, carrier.settings.own_url()) for parcel in found[:limit]]
    return json_response({"data": shown, "has_more": len(found) > limit})


@get("/v1/parcels/{number:str}")
async def show_parcel(carrier: CarrierOf, number: FromPath[str]) -> Response[bytes]:
    """Show a parcel."""
    return json_response(parcel_view(store.load_parcel(carrier.database, number), carrier.settings.own_url()))


@delete("/v1/parcels/{number:str}", status_code=200)
async def void_parcel(carrier: CarrierOf, number: FromPath[str]) -> Response[bytes]:
    """Call a parcel back before it is picked up."""
    return json_response(parcel_view(commands.void_parcel(carrier, number), carrier.settings.own_url()))


@get("/v1/parcels/{number:str}/events")
async def list_events(carrier: CarrierOf, number: FromPath[str]) -> Response[bytes]:
    """Tell what happened to a parcel, oldest first."""
    store.load_parcel(carrier.database, number)
    return json_response({"data": [event_view(event) for event in store.list_events(carrier.database, number)]})


@post("/v1/speed", status_code=200)
async def set_speed(request: AnyRequest, carrier: CarrierOf) -> Response[bytes]:
    """Change the pace at which parcels move."""
    body = await read_body(request, NewSpeed)
    commands.set_speed(carrier, body.seconds_per_leg)
    return json_response({"seconds_per_leg": carrier.seconds_per_leg})


@get("/labels/{key:str}", include_in_schema=False)
async def show_label(request: AnyRequest, carrier: CarrierOf, pages: PagesOf, key: FromPath[str]) -> Response[bytes]:
    """Show a label to print; again is the same label."""
    parcel, sender, recipient = store.load_label(carrier.database, key)
    return pages.answer(
        "label.html",
        language_of(request),
        parcel=parcel,
        sender=sender,
        recipient=recipient,
        masked_name=masked_name,
        masked_phone=masked_phone,
    )


def routes(carrier: Carrier) -> list[ControllerRouterHandler]:
    """Return the routes of the carrier."""
    pages = Pages(Path(__file__).parent)
    merchant = Router(
        path="/",
        route_handlers=[
            *(accept_parcel, list_parcels, show_parcel, void_parcel, list_events, set_speed, list_deliveries),
        ],
        guards=[secret_key_guard(carrier.settings.secret_key)],
    )
    everything = Router(
        path="/",
        route_handlers=[merchant, show_label, pages.static_route()],
        dependencies={
            "carrier": Provide(lambda: carrier, use_cache=True, sync_to_thread=False),
            "deliveries": Provide(lambda: carrier.deliveries, use_cache=True, sync_to_thread=False),
            "pages": Provide(lambda: pages, use_cache=True, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
    )
    return [everything]
