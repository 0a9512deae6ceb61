"""HTTP in: a guest's or a member's own cart, and a member's cart for the order service."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, SkipValidation

from jangteo.cart import commands, queries, visits
from jangteo.cart.domain import MAX_SKU, SKU, Line, LineUnknown, Owner
from jangteo.cart.queries import show_cart, show_line
from jangteo.cart.schemas import CartChange, CartOut, CutOut, LineChange, LineChanged, LineIn, Merged
from jangteo.cart.store import State, TakenOver
from jangteo.cart.visits import version_in
from jangteo.contracts.cart import CartContent
from jangteo.kit import auth
from jangteo.kit.idempotency import MAX_KEY_LENGTH, KeyMalformed

Caller: TypeAlias = NamedDependency[SkipValidation[auth.Caller]]
Language: TypeAlias = NamedDependency[SkipValidation[str]]
Door: TypeAlias = NamedDependency[SkipValidation[visits.Door]]
Shopping: TypeAlias = NamedDependency[SkipValidation[commands.Shopping]]
Views: TypeAlias = NamedDependency[SkipValidation[queries.Views]]
IfMatch: TypeAlias = Annotated[str | None, HeaderParameter(name="If-Match", max_length=100)]
IdempotencyKey: TypeAlias = Annotated[str | None, HeaderParameter(name="Idempotency-Key")]
Incoming: TypeAlias = Request[Any, Any, Any]


@get("/v1/cart")
async def show(request: Incoming, caller: Caller, language: Language, door: Door, views: Views) -> Response[CartOut]:
    """Show the cart with live prices and stock; a guest's cart that a member brings along is merged first."""
    visit = await door.enter(request, caller)
    if visit.is_new:
        # Nothing is kept for somebody who only looks.
        return Response(show_cart(queries.NOTHING, {}, language), headers={"Cache-Control": "no-store"})
    cart = await views.cart(visit.owner, language)
    return visit.answer(cart, cart.version)


@post("/v1/cart/lines")
async def add(
    request: Incoming,
    data: JSONBody[LineIn],
    caller: Caller,
    language: Language,
    door: Door,
    shopping: Shopping,
    idempotency_key: IdempotencyKey = None,
) -> Response[LineChanged]:
    """Put something into the cart, on top of what is in it; under an Idempotency-Key once only."""
    key = _checked(idempotency_key)
    visit = await door.enter(request, caller)
    try:
        written = await shopping.add(visit.owner, data.sku, data.quantity, key)
    except TakenOver:
        visit = door.renew(visit)
        written = await shopping.add(visit.owner, data.sku, data.quantity, key)
    return visit.answer(_changed(written, data.sku, language), written.state.version, 201)


@put("/v1/cart/lines/{sku:str}")
async def change(
    request: Incoming,
    sku: FromPath[str],
    data: JSONBody[LineChange],
    caller: Caller,
    language: Language,
    door: Door,
    shopping: Shopping,
    if_match: IfMatch = None,
) -> Response[LineChanged]:
    """Set quantity and tick of a line; with If-Match only where the cart is as the caller saw it."""
    version = version_in(if_match)
    visit = await door.enter(request, caller)
    if visit.is_new or not SKU.fullmatch(sku):
        raise LineUnknown(field="sku", sku=sku[:MAX_SKU])
    try:
        written = await shopping.change(visit.owner, sku, data.quantity, data.selected, version, language)
    except TakenOver:
        raise LineUnknown(field="sku", sku=sku) from None
    return visit.answer(_changed(written, sku, language), written.state.version)


@delete("/v1/cart/lines/{sku:str}", status_code=200)
async def remove(
    request: Incoming,
    sku: FromPath[str],
    caller: Caller,
    language: Language,
    door: Door,
    shopping: Shopping,
    if_match: IfMatch = None,
) -> Response[CartChange]:
    """Take a line out; one that is not there is fine."""
    return await _remove(request, caller, language, door, shopping, [sku], version_in(if_match))


@delete("/v1/cart", status_code=200)
async def clear(
    request: Incoming,
    caller: Caller,
    language: Language,
    door: Door,
    shopping: Shopping,
    if_match: IfMatch = None,
) -> Response[CartChange]:
    """Take everything out."""
    return await _remove(request, caller, language, door, shopping, [], version_in(if_match))


@post("/v1/cart/merge", status_code=200)
async def merge(request: Incoming, caller: Caller, language: Language, door: Door, views: Views) -> Response[Merged]:
    """Merge the guest's cart that comes along into the member's own, and say what could not be kept whole."""
    _ = caller.member_id
    visit = await door.enter(request, caller)
    cart = await views.cart(visit.owner, language)
    cut = [CutOut(sku=one.sku, asked=one.asked, kept=one.kept) for one in visit.cut]
    return visit.answer(Merged(cart=cart, cut=cut), cart.version)


@get("/internal/carts/{member_id:uuid}", include_in_schema=False)
async def content(member_id: FromPath[UUID], caller: Caller, views: Views) -> CartContent:
    """Tell the order service what is in a member's cart."""
    caller.require_service("order")
    return await views.content(Owner(caller.tenant, "member", str(member_id)))


async def _remove(
    request: Incoming,
    caller: auth.Caller,
    language: str,
    door: visits.Door,
    shopping: commands.Shopping,
    skus: list[str],
    version: str,
) -> Response[CartChange]:
    visit = await door.enter(request, caller)
    if visit.is_new:
        return Response(CartChange(version=0, line_count=0, pieces=0))
    try:
        state = await shopping.remove(visit.owner, skus, version, language)
    except TakenOver:
        state = State(0, 0, 0)
    return visit.answer(CartChange(version=state.version, line_count=state.lines, pieces=state.pieces), state.version)


def _changed(written: commands.Written, sku: str, language: str) -> LineChanged:
    state = written.state
    line = Line(sku=sku, quantity=state.quantity, selected=state.selected, price_seen=state.price_seen, added_at=0)
    return LineChanged(
        version=state.version,
        line_count=state.lines,
        pieces=state.pieces,
        line=show_line(line, written.offer, language),
    )


def _checked(key: str | None) -> str | None:
    if key is not None and not (0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise KeyMalformed(field="Idempotency-Key")
    return key


ROUTES = [show, add, change, remove, clear, merge, content]
