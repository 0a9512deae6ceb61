"""HTTP in: ways to pay, attempts and their ledger, refunds by staff, and the providers' webhooks."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter, JSONBody, SkipValidation

from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid, NotFound
from jangteo.kit.http.permission import needs
from jangteo.kit.idempotency import IdempotencyKey
from jangteo.kit.postgres import Database
from jangteo.payment.commands.notice import notice_webhook
from jangteo.payment.commands.refund import request_refund
from jangteo.payment.desk import Desk
from jangteo.payment.providers import Providers
from jangteo.payment.providers.interface import NewPage, Refused
from jangteo.payment.queries import Queries
from jangteo.payment.schemas import (
    Ledger,
    Methods,
    MethodView,
    NewPaymentPage,
    NewRefund,
    PaymentDetail,
    PaymentPage,
    Payments,
    RefundView,
    WebhookTaken,
)

REFUND = "payments.refund"
CallerOf = NamedDependency[SkipValidation[Caller]]
DatabaseOf = NamedDependency[SkipValidation[Database]]
DeskOf = NamedDependency[SkipValidation[Desk]]
ProvidersOf = NamedDependency[SkipValidation[Providers]]
QueriesOf = NamedDependency[SkipValidation[Queries]]


class WebhookMalformed(Invalid):
    """The body is signed by the provider and still none of its events."""

    code = "webhook.malformed"
    ko = "웹훅 본문을 읽을 수 없습니다."
    en = "The body of the webhook cannot be read."


class ProviderUnknown(Invalid):
    """The shop has no such provider."""

    code = "payment.provider_unknown"
    ko = "사용할 수 없는 결제 수단입니다: {provider}"
    en = "There is no way to pay called {provider}."


class ReturnNotAllowed(Invalid):
    """A buyer is led back to the shop, and nowhere else."""

    code = "payment.return_not_allowed"
    ko = "return_url은 상점의 주소여야 합니다."
    en = "return_url must be an address of the shop."


class PageRefused(Invalid):
    """The provider opens no page for this."""

    code = "payment.page_refused"
    ko = "결제사가 결제 페이지를 열지 않았습니다: {reason}"
    en = "The provider opens no page for this: {reason}"


@get("/v1/payment-methods", summary="Ways to pay")
async def list_methods(providers: ProvidersOf) -> Methods:
    """List the ways to pay. A card is typed into the provider's own form: it never comes here."""
    return Methods(items=[MethodView(**_fields(provider.method())) for provider in providers.values()])


@post("/v1/payment-pages", status_code=201, summary="A page for typing a card")
async def open_payment_page(caller: CallerOf, providers: ProvidersOf, data: JSONBody[NewPaymentPage]) -> PaymentPage:
    """Open a page of the provider's own, where a card is typed without a script; it moves no money."""
    _ = caller.member_id
    provider = providers.get(data.provider)
    if provider is None:
        raise ProviderUnknown(field="provider", provider=data.provider)
    page = NewPage(reference=data.reference, amount=data.amount, currency=data.currency, return_url=data.return_url)
    try:
        return PaymentPage(**_fields(await provider.open_page(page)))
    except Refused as refusal:
        if refusal.reason == "return_url_not_allowed":
            raise ReturnNotAllowed(field="return_url") from None
        raise PageRefused(field="$", reason=refusal.reason) from None


@get("/v1/payments", summary="Attempts to pay for an order")
async def list_payments(caller: CallerOf, queries: QueriesOf, order_id: FromQuery[UUID]) -> Payments:
    """List the attempts to pay for an order: the member's own; staff see everybody's."""
    return await queries.of_order(caller, order_id)


@get("/v1/payments/{payment_id:uuid}", summary="One attempt to pay")
async def show_payment(caller: CallerOf, queries: QueriesOf, payment_id: UUID) -> PaymentDetail:
    """Show an attempt and its refunds: the member's own; staff see everybody's."""
    return await queries.one(caller, payment_id)


@get("/v1/payments/{payment_id:uuid}/ledger", summary="What was booked for an attempt")
async def show_ledger(caller: CallerOf, queries: QueriesOf, payment_id: UUID) -> Ledger:
    """Show the entries of an attempt, to staff."""
    return await queries.ledger(caller, payment_id)


@post("/v1/payments/{payment_id:uuid}/refunds", status_code=202, summary="Give money back", guards=[needs(REFUND)])
async def refund_payment(
    caller: CallerOf,
    database: DatabaseOf,
    desk: DeskOf,
    payment_id: UUID,
    data: NewRefund,
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[RefundView]:
    """Give a part or the rest of a payment back, as staff; what comes of it shows in the attempt."""
    key = IdempotencyKey(
        tenant=caller.tenant,
        caller=str(caller.member_id),
        operation="payments.refund",
        key=idempotency_key,
        request=(payment_id, data),
    )
    answer = await request_refund(database, desk, key, payment_id, data, caller)
    # The bytes are a RefundView already; the return type says so for the OpenAPI document.
    return Response(answer.body, status_code=answer.status, media_type="application/json")  # type: ignore[arg-type]


@post("/v1/webhooks/payments/{provider:str}", status_code=202, summary="Notices of a payment provider")
async def take_webhook(
    request: Request[Any, Any, Any],
    providers: ProvidersOf,
    database: DatabaseOf,
    desk: DeskOf,
    provider: str,
) -> WebhookTaken:
    """Take a notice in, if the provider's signature of the raw body holds."""
    known = providers.get(provider)
    if known is None:
        raise NotFound()
    try:
        webhook = known.parse_webhook(request.headers, await request.body(), desk.moment().now)
    except ValueError:
        raise WebhookMalformed(field="$") from None
    return WebhookTaken(known=await notice_webhook(database, desk, provider, webhook))


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


ROUTES = [list_methods, open_payment_page, list_payments, show_payment, show_ledger, refund_payment, take_webhook]
