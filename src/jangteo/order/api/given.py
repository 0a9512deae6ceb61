"""What the routes of orders share: what they are given, and how a command's answer becomes theirs."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter, SkipValidation

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid
from jangteo.kit.idempotency import Answer, IdempotencyKey
from jangteo.order import answers, live, queries
from jangteo.order.desk import Desk
from jangteo.order.schemas import OrderAnswer
from jangteo.order.store import OrderUnknown
from jangteo.order.story import View

PAGE_SIZE, MAX_PAGE_SIZE = 20, 50

DeskOf: TypeAlias = NamedDependency[SkipValidation[Desk]]
CallerOf: TypeAlias = NamedDependency[SkipValidation[Caller]]
LanguageOf: TypeAlias = NamedDependency[SkipValidation[str]]

Key: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", description="Any string, the same for a repetition; it is known for 24 hours at least."
    ),
]
Prefer: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name="Prefer", description="`wait=N`: answer once settled, or after N seconds (at most 10)."),
]
IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", max_length=40, description="The ETag of the order as it was read: 409 where it changed."
    ),
]
Size: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE_SIZE)]


class EtagInvalid(Invalid):
    """The If-Match header is not an ETag of ours."""

    code = "if_match.invalid"
    ko = "If-Match 값이 올바르지 않습니다."
    en = "The value of If-Match is not an ETag given here."


def version_of(if_match: str | None) -> int | None:
    """Return the version that an ETag of an order names. Raises EtagInvalid."""
    if if_match is None:
        return None
    version = if_match.strip().removeprefix("W/").strip('"')
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise EtagInvalid(field="If-Match")
    return int(version)


def answering(status: int) -> dict[int, ResponseSpec]:
    """Say in the document that an order is answered, with this status."""
    return {status: ResponseSpec(OrderAnswer, description="The order.")}


def key_of(caller: Caller, operation: str, key: str | None, request: Any) -> IdempotencyKey:
    """Return the key of a request. Raises KeyMissing or KeyMalformed."""
    return IdempotencyKey(
        tenant=caller.tenant, caller=str(caller.member_id), operation=operation, key=key, request=request
    )


class _Named(msgspec.Struct):
    order_id: UUID


_named = msgspec.json.Decoder(_Named)


async def told(desk: Desk, caller: Caller, answer: Answer, prefer: str | None, language: str) -> Response[bytes]:
    """Answer as stored; to a client that prefers to wait, with what the order has become by then."""
    order_id, body, headers = _named.decode(answer.body).order_id, answer.body, {}
    if seconds := live.preferred_wait(prefer):
        view = await live.settled(desk, caller.tenant, order_id, seconds)
        body = msgspec.json.encode(answers.order(view, language))
        headers["Preference-Applied"] = f"wait={seconds:.0f}"
    headers["Location"] = f"/v1/orders/{order_id}"
    return Response(body, status_code=answer.status, media_type="application/json", headers=headers)


async def visible(desk: Desk, caller: Caller, order_id: UUID, action: str) -> View:
    """Return an order to its buyer, or to staff, whose looking is audited. Raises OrderUnknown for anybody else."""
    person = caller.member_id
    view = await queries.find(desk.database, caller.tenant, order_id)
    if view.member_id != person and not caller.permissions & {"orders.read", "orders.manage"}:
        raise OrderUnknown()
    if view.member_id != person:
        entry = Entry(by=caller, action=action, on=f"order:{order_id}", person=view.member_id)
        await audit.note(desk.database, caller.tenant, entry)
    return view
