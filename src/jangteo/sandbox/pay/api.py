"""The card processor's HTTP: tokens for browsers, everything else for the merchant with its secret key."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.delivery_log import list_deliveries
from jangteo.sandbox.entrance import Cursor, Limit, answer_once, json_response, read_body, secret_key_guard
from jangteo.sandbox.pay import card_pages, commands, hosted, pages, store
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.pay.schemas import (
    CardPageView,
    MovementView,
    NewCapture,
    NewCardPage,
    NewPayment,
    NewRefund,
    NewToken,
    NewVoid,
    instant,
    payment_view,
    refund_view,
)
from jangteo.sandbox.problems import HANDLERS, Refusal

AnyRequest = Request[Any, Any, Any]
PayOf = NamedDependency[SkipValidation[Pay]]
_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
_PREFLIGHT = _OPEN | {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "7200",
}


class PeriodInvalid(Refusal):
    """Times of a period need their zone."""

    status = 400
    code = "invalid_request"
    detail = "Give times as ISO 8601 with a zone."


@post("/v1/tokens")
async def make_token(request: AnyRequest, pay: PayOf) -> Response[bytes]:
    """Exchange a card for a token; the browser calls this, the shop never sees the card."""
    response = json_response(commands.make_token(pay, await read_body(request, NewToken)), 201)
    response.headers.update(_OPEN)
    return response


@route("/v1/tokens", http_method=["OPTIONS"], include_in_schema=False)
async def allow_browsers() -> Response[bytes]:
    """Let a page of any origin send a card here: the form of a shop is on the shop's own origin."""
    return Response(b"", status_code=204, headers=_PREFLIGHT)


@post("/v1/card-pages")
async def open_card_page(request: AnyRequest, pay: PayOf) -> Response[bytes]:
    """Open a page on which a card holder types a card; each call opens another, and none of them moves money."""
    page = card_pages.open_page(pay, await read_body(request, NewCardPage))
    url = f"{pay.settings.own_url()}/cards/{page.key}"
    return json_response(CardPageView(url=url, reference=page.reference, expires_at=instant(page.expires_at)), 201)


@post("/v1/payments")
async def create_payment(request: AnyRequest, pay: PayOf) -> Response[bytes]:
    """Authorize a payment."""
    body = await read_body(request, NewPayment)
    return await answer_once(request, pay.answers, body, lambda: commands.create_payment(pay, body))


@get("/v1/payments")
async def list_payments(
    pay: PayOf,
    reference: FromQuery[str] = "",
    payment_status: Annotated[str, QueryParameter(name="status")] = "",
    after: FromQuery[str] = "",
    limit: Limit = 100,
) -> Response[bytes]:
    """List payments in the order they were made; `after` is the last id seen."""
    found = store.list_payments(pay.database, reference, payment_status, after, limit + 1)
    shown = [payment_view(payment, pay.settings.own_url()) for payment in found[:limit]]
    return json_response({"data": shown, "has_more": len(found) > limit})


@get("/v1/payments/{payment_id:str}")
async def show_payment(pay: PayOf, payment_id: FromPath[str]) -> Response[bytes]:
    """Show a payment."""
    return json_response(payment_view(store.load_payment(pay.database, payment_id), pay.settings.own_url()))


@post("/v1/payments/{payment_id:str}/capture")
async def capture_payment(request: AnyRequest, pay: PayOf, payment_id: FromPath[str]) -> Response[bytes]:
    """Take authorized money."""
    body = await read_body(request, NewCapture)
    return await answer_once(request, pay.answers, body, lambda: commands.capture_payment(pay, payment_id, body.amount))


@post("/v1/payments/{payment_id:str}/void")
async def void_payment(request: AnyRequest, pay: PayOf, payment_id: FromPath[str]) -> Response[bytes]:
    """Give an authorization up."""
    body = await read_body(request, NewVoid)
    return await answer_once(request, pay.answers, body, lambda: commands.void_payment(pay, payment_id))


@post("/v1/payments/{payment_id:str}/refunds")
async def refund_payment(request: AnyRequest, pay: PayOf, payment_id: FromPath[str]) -> Response[bytes]:
    """Give captured money back."""
    body = await read_body(request, NewRefund)
    return await answer_once(request, pay.answers, body, lambda: commands.refund_payment(pay, payment_id, body))


@get("/v1/payments/{payment_id:str}/refunds")
async def list_refunds(pay: PayOf, payment_id: FromPath[str]) -> Response[bytes]:
    """List the refunds of a payment, oldest first."""
    payment = store.load_payment(pay.database, payment_id)
    refunds = store.list_refunds(pay.database, payment_id)
    return json_response({"data": [refund_view(refund, payment.currency) for refund in refunds]})


@get("/v1/balance-transactions")
async def list_movements(
    pay: PayOf,
    start: Annotated[datetime | None, QueryParameter(name="from")] = None,
    end: Annotated[datetime | None, QueryParameter(name="to")] = None,
    after: Cursor = 0,
    limit: Limit = 100,
) -> Response[bytes]:
    """List movements of money from `from` up to but without `to`; `after` is the last id seen."""
    first, last = _seconds(start, "from", 0.0), _seconds(end, "to", float("inf"))
    rows = store.list_movements(pay.database, first, last, after, limit + 1)
    names = MovementView.__struct_fields__[:-1]
    shown = [
        MovementView(**dict(zip(names, row[:-1], strict=True)), created_at=instant(row[-1])) for row in rows[:limit]
    ]
    return json_response({"data": shown, "has_more": len(rows) > limit})


def routes(pay: Pay) -> list[ControllerRouterHandler]:
    """Return the routes of the processor."""
    own_pages = pages.open_pages()
    merchant = Router(
        path="/",
        route_handlers=[
            *(create_payment, list_payments, show_payment, capture_payment, void_payment),
            *(refund_payment, list_refunds, list_movements, list_deliveries, open_card_page),
        ],
        guards=[secret_key_guard(pay.settings.secret_key)],
    )
    # Litestar answers OPTIONS itself wherever it has not been given a handler for it before the others.
    everything = Router(
        path="/",
        route_handlers=[
            merchant,
            allow_browsers,
            make_token,
            *pages.routes(),
            *hosted.routes(),
            own_pages.static_route(),
        ],
        dependencies={
            "pages": Provide(lambda: own_pages, use_cache=True, sync_to_thread=False),
            "pay": Provide(lambda: pay, use_cache=True, sync_to_thread=False),
            "deliveries": Provide(lambda: pay.deliveries, use_cache=True, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
    )
    return [everything]


def _seconds(moment: datetime | None, field: str, otherwise: float) -> float:
    if moment is None:
        return otherwise
    if moment.tzinfo is None:
        raise PeriodInvalid(field=field)
    return moment.timestamp()
