"""HTTP in: what buyers ask about their orders, and staff about anybody's; and what other services ask."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream

from jangteo.contracts.order import DeliveryAddress, OrderSummary
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.http.permission import needs
from jangteo.kit.privacy import PersonErased
from jangteo.order import answers, live, queries
from jangteo.order.api.given import (
    PAGE_SIZE,
    CallerOf,
    DeskOf,
    IfMatch,
    Key,
    LanguageOf,
    Prefer,
    Size,
    answering,
    key_of,
    told,
    version_of,
    visible,
)
from jangteo.order.commands.change_order import cancel_order, pay
from jangteo.order.commands.disclose_address import UNMASK, disclose
from jangteo.order.commands.place_order import place_order
from jangteo.order.commands.price_order import price_order
from jangteo.order.commands.refund_order import REFUND, refund_order
from jangteo.order.domain.address import masked
from jangteo.order.schemas import (
    AddressAnswer,
    CancellationInput,
    Disclosure,
    OrderDetail,
    OrderInput,
    OrderList,
    PaymentInput,
    QuoteAnswer,
    QuoteInput,
    RefundInput,
)
from jangteo.order.states import State


@post("/v1/orders", responses=answering(201), summary="Place an order")
async def place(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    data: JSONBody[OrderInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
) -> Response[bytes]:
    """Take an order of lines or of the cart. Every price is computed here; the stock is asked for at once."""
    key = key_of(caller, "orders.place", idempotency_key, data)
    return await told(desk, caller, await place_order(desk, caller.member_id, data, key, language), prefer, language)


@post("/v1/orders/quote", status_code=200, summary="Ask what an order would cost")
async def quote(desk: DeskOf, caller: CallerOf, language: LanguageOf, data: JSONBody[QuoteInput]) -> QuoteAnswer:
    """Price an order without placing it."""
    price, _ = await price_order(desk.shop, caller.tenant, caller.member_id, data, data.zip)
    return answers.quote(price, language)


@post("/v1/orders/{order_id:uuid}/payments", responses=answering(201), summary="Pay, or try another card")
async def try_payment(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    order_id: FromPath[UUID],
    data: JSONBody[PaymentInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
) -> Response[bytes]:
    """Make an attempt to pay an order that awaits it; refused while another attempt is undecided."""
    key = key_of(caller, f"orders.pay:{order_id}", idempotency_key, data)
    return await told(desk, caller, await pay(desk, caller.member_id, order_id, data, key, language), prefer, language)


@post("/v1/orders/{order_id:uuid}/cancellation", status_code=202, responses=answering(202), summary="Cancel an order")
async def cancel(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    order_id: FromPath[UUID],
    data: JSONBody[CancellationInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Begin to give everything back; possible until the carrier has the parcel."""
    key = key_of(caller, f"orders.cancel:{order_id}", idempotency_key, data)
    answer = await cancel_order(desk, caller, order_id, data, version_of(if_match), key, language)
    return await told(desk, caller, answer, prefer, language)


@post(
    "/v1/orders/{order_id:uuid}/refunds",
    status_code=202,
    responses=answering(202),
    summary="Give a part back",
    guards=[needs(REFUND)],
)
async def refund(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    order_id: FromPath[UUID],
    data: JSONBody[RefundInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Set out to give back pieces, the delivery fee or an amount, as staff; what comes of it shows in the order."""
    key = key_of(caller, f"orders.refund:{order_id}", idempotency_key, data)
    answer = await refund_order(desk, caller, order_id, data, version_of(if_match), key, language)
    return await told(desk, caller, answer, prefer, language)


@get("/v1/orders", summary="List orders")
async def list_orders(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
    size: Size = PAGE_SIZE,
    status: Annotated[list[State] | None, QueryParameter(max_items=9, description="May come several times.")] = None,
    member_id: Annotated[UUID | None, QueryParameter(description="Another member's orders: staff only.")] = None,
) -> OrderList:
    """List one's own orders, the newest first."""
    member = caller.member_id
    if member_id is not None and member_id != member:
        caller.require("orders.read")
        member = member_id
        await audit.note(desk.database, caller.tenant, Entry(by=caller, action="orders.read", person=member))
    views, following = await queries.page(desk.database, caller.tenant, member, status, cursor, size)
    return OrderList(items=[answers.item(view, language) for view in views], next_cursor=following)


@get("/v1/orders/{order_id:uuid}", summary="See an order")
async def detail(
    desk: DeskOf, caller: CallerOf, language: LanguageOf, order_id: FromPath[UUID]
) -> Response[OrderDetail]:
    """Return an order with its time line."""
    view = await visible(desk, caller, order_id, "order.read")
    words = await queries.unsealed(desk.database, desk.vault, caller.tenant, view)
    if words.address is not None and view.member_id != caller.id:
        words = words._replace(address=masked(words.address))
    return Response(answers.detail(view, language, words), headers={"ETag": f'"{view.version}"'})


@post(
    "/v1/orders/{order_id:uuid}/address-disclosure",
    status_code=200,
    summary="Where an order goes, unmasked",
    guards=[needs(UNMASK)],
)
async def disclose_address(
    desk: DeskOf, caller: CallerOf, order_id: FromPath[UUID], data: JSONBody[Disclosure]
) -> AddressAnswer:
    """Return the whole address, to staff who may see personal data, for a reason that is recorded."""
    return answers.address(await disclose(desk, caller, order_id, data.reason))


@get(
    "/v1/orders/{order_id:uuid}/events",
    summary="Follow an order live",
    responses={200: ResponseSpec(str, media_type="text/event-stream", description="Server-sent events `status`.")},
)
async def follow(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    order_id: FromPath[UUID],
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Stream the present state, then each change, until the order is at its end."""
    view = await visible(desk, caller, order_id, "order.followed")
    seen = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else 0
    return Stream(
        live.stream(desk, caller.tenant, view, min(seen, 1 << 31), language),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


@get("/internal/orders/{order_id:uuid}", include_in_schema=False)
async def summary(desk: DeskOf, caller: CallerOf, order_id: FromPath[UUID]) -> OrderSummary:
    """Return what a mail or a page needs, without personal data."""
    caller.require_service()
    return answers.summary(await queries.placed(desk, caller.tenant, order_id))


@get("/internal/orders/{order_id:uuid}/delivery", include_in_schema=False)
async def delivery(desk: DeskOf, caller: CallerOf, order_id: FromPath[UUID]) -> DeliveryAddress:
    """Return where an order goes, to the shipping service only. Raises PersonErased."""
    caller.require_service("shipping")
    view = await queries.placed(desk, caller.tenant, order_id)
    address = (await queries.unsealed(desk.database, desk.vault, caller.tenant, view)).address
    if address is None:
        raise PersonErased()
    return DeliveryAddress(
        order_id=order_id,
        member_id=view.member_id,
        recipient=address.recipient,
        phone=address.phone,
        zip=address.zip,
        address1=address.address1,
        address2=address.address2,
        note=address.note,
        weight_grams=sum(line.weight_grams * line.quantity for line in view.body.lines),
    )


ROUTES: list[Any] = [
    place,
    quote,
    try_payment,
    cancel,
    refund,
    list_orders,
    detail,
    disclose_address,
    follow,
    summary,
    delivery,
]
