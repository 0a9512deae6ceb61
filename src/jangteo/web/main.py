"""Wires the pages' service: sessions, the way to the gateway, and the routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jangteo.kit.discovery import open_registry
from jangteo.kit.http.client import CONNECT_SECONDS
from jangteo.kit.http.wire import open_wire
from jangteo.kit.process import run
from jangteo.kit.valkey import open_valkey
from jangteo.web import account, office, shop
from jangteo.web.app import create_app
from jangteo.web.company import companies
from jangteo.web.mall import Gateway
from jangteo.web.session import Sessions
from jangteo.web.settings import WebSettings
from jangteo.web.static_files import static_file
from jangteo.web.window import Window

SERVICE = "web"
ANSWER_SECONDS = 15.0  # as long as the gateway waits for a service


@asynccontextmanager
async def assemble(settings: WebSettings) -> AsyncIterator[Any]:
    """Open everything the service needs, in order."""
    async with AsyncExitStack() as stack:
        sellers = companies(settings.companies, settings.tenants, is_local=settings.is_local)
        registry = await stack.enter_async_context(open_registry(settings.registry_url or settings.bus_url))
        valkey = await stack.enter_async_context(open_valkey(settings.valkey_url))
        wire = await stack.enter_async_context(open_wire(seconds=ANSWER_SECONDS, connect_seconds=CONNECT_SECONDS))
        sessions = Sessions(valkey, settings.session_days)
        gateway = Gateway(wire, settings.gateway_url.rstrip("/"), settings.gateway_key, sessions, Window())

        async def mall_answers() -> None:
            await wire.call("GET", gateway.address, "/v1/member-grades", {"X-Jangteo-Inner-Key": gateway.key})

        here = f"http://{settings.host}:{settings.port}"
        await stack.enter_async_context(registry.registered(SERVICE, here))
        yield create_app(
            settings,
            [*shop.ROUTES, *account.ROUTES, *office.ROUTES, static_file],
            sessions=sessions,
            gateway=gateway,
            companies=sellers,
            checks={"valkey": sessions.check},
            tolerated={"gateway": mall_answers},
        )


def main() -> None:
    """Run the service until it is told to stop."""
    run(WebSettings, SERVICE, assemble)
