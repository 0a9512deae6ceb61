"""HTTP in: parse, authorise, call, answer."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter, SkipValidation
from litestar.response import Stream

from jangteo.contracts.order import DeliveryAddress, OrderSummary
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.idempotency import Answer, IdempotencyKey
from jangteo.kit.privacy import PersonErased
from jangteo.order import answers, live, queries
from jangteo.order.commands.change_order import cancel_order, pay
from jangteo.order.commands.disclose_address import disclose
from jangteo.order.commands.place_order import place_order
from jangteo.order.commands.price_order import price_order
from jangteo.order.desk import Desk
from jangteo.order.domain.address import masked
from jangteo.order.schemas import (
    AddressAnswer,
    CancellationInput,
    Disclosure,
    OrderAnswer,
    OrderDetail,
    OrderInput,
    OrderList,
    PaymentInput,
    QuoteAnswer,
    QuoteInput,
)
from jangteo.order.store import OrderUnknown
from jangteo.order.story import View

PAGE_SIZE, MAX_PAGE_SIZE = 20, 50

DeskOf = NamedDependency[SkipValidation[Desk]]
CallerOf = NamedDependency[SkipValidation[Caller]]
LanguageOf = NamedDependency[SkipValidation[str]]

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", description="Any string, the same for a repetition; it is known for 24 hours at least."
    ),
]
Prefer = Annotated[
    str | None,
    HeaderParameter(name="Prefer", description="`wait=N`: answer once settled, or after N seconds (at most 10)."),
]
Size = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE_SIZE)]


def _answers(status: int) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(OrderAnswer, description="The order.")}


@post("/v1/orders", responses=_answers(201), summary="Place an order")
async def place(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    data: JSONBody[OrderInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
) -> Response[bytes]:
    """Take an order of lines or of the cart. Every price is computed here; the stock is asked for at once."""
    key = _key(caller, "orders.place", idempotency_key, data)
    return await _told(desk, caller, await place_order(desk, caller.member_id, data, key, language), prefer, language)


@post("/v1/orders/quote", status_code=200, summary="Ask what an order would cost")
async def quote(desk: DeskOf, caller: CallerOf, language: LanguageOf, data: JSONBody[QuoteInput]) -> QuoteAnswer:
    """Price an order without placing it."""
    price, _ = await price_order(desk.shop, caller.tenant, caller.member_id, data, data.zip)
    return answers.quote(price, language)


@post("/v1/orders/{order_id:uuid}/payments", responses=_answers(201), summary="Pay, or try another card")
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
    key = _key(caller, f"orders.pay:{order_id}", idempotency_key, data)
    return await _told(desk, caller, await pay(desk, caller.member_id, order_id, data, key, language), prefer, language)


@post("/v1/orders/{order_id:uuid}/cancellation", status_code=202, responses=_answers(202), summary="Cancel an order")
async def cancel(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    order_id: FromPath[UUID],
    data: JSONBody[CancellationInput],
    idempotency_key: Key = None,
    prefer: Prefer = None,
) -> Response[bytes]:
    """Begin to give everything back; possible until the carrier has the parcel."""
    key = _key(caller, f"orders.cancel:{order_id}", idempotency_key, data)
    answer = await cancel_order(desk, caller, order_id, data, key, language)
    return await _told(desk, caller, answer, prefer, language)


@get("/v1/orders", summary="List orders")
async def list_orders(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
    size: Size = PAGE_SIZE,
    member_id: Annotated[UUID | None, QueryParameter(description="Another member's orders: staff only.")] = None,
) -> OrderList:
    """List one's own orders, the newest first."""
    member = caller.member_id
    if member_id is not None and member_id != member:
        caller.require("orders.read")
        member = member_id
        await audit.note(desk.database, caller.tenant, Entry(by=caller, action="orders.read", person=member))
    views, following = await queries.page(desk.database, caller.tenant, member, cursor, size)
    return OrderList(items=[answers.item(view, language) for view in views], next_cursor=following)


@get("/v1/orders/{order_id:uuid}", summary="See an order")
async def detail(desk: DeskOf, caller: CallerOf, language: LanguageOf, order_id: FromPath[UUID]) -> OrderDetail:
    """Return an order with its time line."""
    view = await _visible(desk, caller, order_id, "order.read")
    address, note = await queries.address_of(desk.database, desk.vault, caller.tenant, view)
    if address is not None and view.member_id != caller.id:
        address = masked(address)
    return answers.detail(view, language, address, note)


@post("/v1/orders/{order_id:uuid}/address-disclosure", status_code=200, summary="Where an order goes, unmasked")
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
    view = await _visible(desk, caller, order_id, "order.followed")
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
    address, _ = await queries.address_of(desk.database, desk.vault, caller.tenant, view)
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
    list_orders,
    detail,
    disclose_address,
    follow,
    summary,
    delivery,
]


def _key(caller: Caller, operation: str, key: str | None, request: Any) -> IdempotencyKey:
    return IdempotencyKey(
        tenant=caller.tenant, caller=str(caller.member_id), operation=operation, key=key, request=request
    )


class _Named(msgspec.Struct):
    order_id: UUID


_named = msgspec.json.Decoder(_Named)


async def _told(desk: Desk, caller: Caller, answer: Answer, prefer: str | None, language: str) -> Response[bytes]:
    """Answer as stored; to a client that prefers to wait, with what the order has become by then."""
    order_id, body, headers = _named.decode(answer.body).order_id, answer.body, {}
    if seconds := live.preferred_wait(prefer):
        view = await live.settled(desk, caller.tenant, order_id, seconds)
        body = msgspec.json.encode(answers.order(view, language))
        headers["Preference-Applied"] = f"wait={seconds:.0f}"
    headers["Location"] = f"/v1/orders/{order_id}"
    return Response(body, status_code=answer.status, media_type="application/json", headers=headers)


async def _visible(desk: Desk, caller: Caller, order_id: UUID, action: str) -> View:
    """Return an order to its buyer, or to staff, whose looking is audited. Raises OrderUnknown for anybody else."""
    person = caller.member_id
    view = await queries.find(desk.database, caller.tenant, order_id)
    if view.member_id != person and not caller.permissions & {"orders.read", "orders.manage"}:
        raise OrderUnknown()
    if view.member_id != person:
        entry = Entry(by=caller, action=action, on=f"order:{order_id}", person=view.member_id)
        await audit.note(desk.database, caller.tenant, entry)
    return view
