"""Wires the cart service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from jangteo.cart.api import ROUTES
from jangteo.cart.clients import Catalogue
from jangteo.cart.commands import Shopping
from jangteo.cart.guests import Guests
from jangteo.cart.handlers import handlers
from jangteo.cart.people import CartPeople, forgetting
from jangteo.cart.queries import Views
from jangteo.cart.settings import CartSettings
from jangteo.cart.store import Carts
from jangteo.cart.visits import Door
from jangteo.cart.wish_api import ROUTES as WISH_ROUTES
from jangteo.cart.wish_commands import Wishing
from jangteo.cart.wish_store import Wishes
from jangteo.contracts.people import UserErased
from jangteo.kit.bus import Bus
from jangteo.kit.clock import SystemClock
from jangteo.kit.http.app import create_app
from jangteo.kit.inbox import PlainHandler, subscribe_plain
from jangteo.kit.messages import Message
from jangteo.kit.people_api import ROUTES as PEOPLE_ROUTES
from jangteo.kit.process import Foundation, open_foundation, run
from jangteo.kit.valkey import open_valkey

SERVICE = "cart"


class Parts(NamedTuple):
    """What the routes and the handlers work with; a route is given each by its name."""

    carts: Carts
    door: Door
    shopping: Shopping
    views: Views
    wishing: Wishing
    people: CartPeople


@asynccontextmanager
async def assemble(settings: CartSettings) -> AsyncIterator[Any]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        parts = await _open_parts(stack, settings, foundation)
        subscription = await subscribe_plain(foundation.bus, SERVICE, _heard(foundation.bus, parts))
        stack.push_async_callback(subscription.stop)
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *WISH_ROUTES, *PEOPLE_ROUTES],
            title="Cart",
            dependencies=parts._asdict(),
            checks={"valkey": parts.carts.check},
            tolerated={"bus": foundation.bus.check},
            verifier=foundation.verifier(),
            identity=foundation.identity,
        )


async def _open_parts(stack: AsyncExitStack, settings: CartSettings, foundation: Foundation) -> Parts:
    valkey = await stack.enter_async_context(open_valkey(settings.valkey_url))
    carts = Carts(valkey, SystemClock(), guest_days=settings.guest_days)
    catalogue = Catalogue(foundation.client("product"))
    views = Views(carts, catalogue)
    shopping = Shopping(carts, catalogue, views)
    wishes = Wishes(valkey, SystemClock(), guest_days=settings.guest_days)
    door = Door(Guests(settings.secret, settings.previous_secret), shopping, settings.guest_days)
    return Parts(carts, door, shopping, views, Wishing(wishes, catalogue), CartPeople(carts, wishes))


def _heard(bus: Bus, parts: Parts) -> dict[type[Message], PlainHandler]:
    return {**handlers(parts.shopping), UserErased: forgetting(parts.people, bus, SERVICE)}


def main() -> None:
    """Run the service until it is told to stop."""
    run(CartSettings, SERVICE, assemble)
