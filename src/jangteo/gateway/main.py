"""The gateway's wiring: the registry and the route table in, an Envoy kept running, its own pages behind it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jangteo.gateway.api import ROUTES
from jangteo.gateway.certificates import LocalAuthority
from jangteo.gateway.envoy.process import Envoy, find_binary
from jangteo.gateway.health import HealthDesk
from jangteo.gateway.library import Library
from jangteo.gateway.render import configuration_files
from jangteo.gateway.routes import GATEWAY, WEB, services
from jangteo.gateway.settings import GatewaySettings
from jangteo.gateway.upkeep import follow_instances, reloading_on_hangup, renewing, write_certificate
from jangteo.kit.clock import SystemClock
from jangteo.kit.discovery import open_registry
from jangteo.kit.http.app import create_app
from jangteo.kit.http.client import open_session
from jangteo.kit.process import run


@asynccontextmanager
async def assemble(settings: GatewaySettings) -> AsyncIterator[Any]:
    """Open everything the gateway needs, in order; at the end Envoy drains before the rest closes."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        authority = LocalAuthority(settings.folder / "tls", settings.tenants)
        files = configuration_files(settings)
        registry = await stack.enter_async_context(open_registry(settings.bus_url, name=GATEWAY))
        session = await stack.enter_async_context(open_session())
        library = Library(registry, session)
        write_certificate(authority, files, clock)
        files.write_all()
        follow_instances(registry, files, changed=library.forget)
        await stack.enter_async_context(renewing(authority, files, clock))
        stack.enter_context(reloading_on_hangup(registry, files))
        envoy = Envoy(
            find_binary(settings.envoy_binary),
            files.bootstrap,
            settings.admin_port,
            settings.concurrency,
            listeners=settings.listeners,
        )
        await envoy.start()
        stack.push_async_callback(envoy.stop, settings.drain_seconds)
        desk = HealthDesk(registry, envoy, session, (*services(), WEB), tell_addresses=settings.is_local)
        yield create_app(
            settings,
            ROUTES,
            title="Gateway",
            dependencies={"library": library, "desk": desk},
            checks={"envoy": envoy.check},
        )


def main() -> None:
    """Run the gateway until it is told to stop."""
    run(GatewaySettings, GATEWAY, assemble)
