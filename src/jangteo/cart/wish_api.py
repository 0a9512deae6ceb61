"""HTTP in: a guest's or a member's own wishlist."""

from typing import Any, TypeAlias
from uuid import UUID

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from jangteo.cart import visits, wish_commands
from jangteo.cart.schemas import Wished, WishlistOut
from jangteo.cart.store import TakenOver
from jangteo.kit import auth

Caller: TypeAlias = NamedDependency[SkipValidation[auth.Caller]]
Language: TypeAlias = NamedDependency[SkipValidation[str]]
Door: TypeAlias = NamedDependency[SkipValidation[visits.Door]]
Wishing: TypeAlias = NamedDependency[SkipValidation[wish_commands.Wishing]]
Incoming: TypeAlias = Request[Any, Any, Any]


@get("/v1/wishlist")
async def show(
    request: Incoming, caller: Caller, language: Language, door: Door, wishing: Wishing
) -> Response[WishlistOut]:
    """Show what somebody wants to remember, with live prices, the newest first."""
    visit = await door.enter(request, caller)
    if visit.is_new:
        # Nothing is kept for somebody who only looks.
        return Response(WishlistOut(items=[], count=0), headers={"Cache-Control": "no-store"})
    return visit.answer(await wishing.show(visit.owner, language))


@get("/v1/wishlist/{product_id:uuid}")
async def look(
    request: Incoming, product_id: FromPath[UUID], caller: Caller, door: Door, wishing: Wishing
) -> Response[Wished]:
    """Say whether a product is on the list."""
    visit = await door.enter(request, caller)
    if visit.is_new:
        return Response(Wished(product_id=product_id, wished=False, count=0), headers={"Cache-Control": "no-store"})
    wished, count = await wishing.has(visit.owner, product_id)
    return visit.answer(Wished(product_id=product_id, wished=wished, count=count))


@put("/v1/wishlist/{product_id:uuid}")
async def wish(
    request: Incoming, product_id: FromPath[UUID], caller: Caller, language: Language, door: Door, wishing: Wishing
) -> Response[Wished]:
    """Put a product on the list; one that is on it stays where it is."""
    visit = await door.enter(request, caller)
    try:
        count = await wishing.wish(visit.owner, product_id, language)
    except TakenOver:
        visit = door.renew(visit)
        count = await wishing.wish(visit.owner, product_id, language)
    return visit.answer(Wished(product_id=product_id, wished=True, count=count))


@delete("/v1/wishlist/{product_id:uuid}", status_code=200)
async def forget(
    request: Incoming, product_id: FromPath[UUID], caller: Caller, door: Door, wishing: Wishing
) -> Response[Wished]:
    """Take a product off the list; one that is not on it is fine."""
    visit = await door.enter(request, caller)
    if visit.is_new:
        return Response(Wished(product_id=product_id, wished=False, count=0), headers={"Cache-Control": "no-store"})
    try:
        count = await wishing.forget(visit.owner, product_id)
    except TakenOver:
        count = 0
    return visit.answer(Wished(product_id=product_id, wished=False, count=count))


ROUTES = [show, look, wish, forget]
