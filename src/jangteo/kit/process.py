"""The life of a service's process: settings, telemetry, everything opened in order, served, and closed in order."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from jangteo.kit import telemetry
from jangteo.kit.auth import ServiceIdentity, TokenVerifier
from jangteo.kit.build import build
from jangteo.kit.bus import Bus, connect
from jangteo.kit.clock import follow_offset
from jangteo.kit.discovery import Registry, open_registry
from jangteo.kit.errors import Unavailable
from jangteo.kit.http.client import CONNECT_SECONDS, TIMEOUT_SECONDS, ServiceClient
from jangteo.kit.http.wire import Wire, open_wire
from jangteo.kit.settings import ServiceSettings, SettingsError, load
from jangteo.kit.superseded import Superseded, SupersededTokens, Versions
from jangteo.kit.telemetry import metrics

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
START_ATTEMPT_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 75


class Foundation:
    """What nearly every service stands on: the bus, the registry, its identity, and calls to other services."""

    def __init__(
        self, settings: ServiceSettings, bus: Bus, registry: Registry, identity: ServiceIdentity, wire: Wire
    ) -> None:
        self.bus = bus
        self.registry = registry
        self.identity = identity
        self._settings = settings
        self._wire = wire

    def client(self, service: str) -> ServiceClient:
        """Return a client of another service's internal endpoints."""
        return ServiceClient(service, self._wire, self.registry, self.identity)

    @asynccontextmanager
    async def registered(self) -> AsyncIterator[None]:
        """Enter this process in the registry, under the address it is about to serve; leave it at the end."""
        address = f"http://{self._settings.host}:{self._settings.port}"
        async with self.registry.registered(self._settings.service, address):
            yield

    def verifier(self, keys_of: str = "user") -> TokenVerifier:
        """Return a verifier of members' tokens, with the keys that the service `keys_of` publishes."""
        client = self.client(keys_of)

        async def fetch() -> dict[str, Any]:
            return await client.get("/.well-known/jwks.json", dict[str, Any], tenant=self._settings.default_tenant)

        async def versions() -> Versions:
            path = "/internal/superseded-tokens"
            return (await client.get(path, SupersededTokens, tenant=self._settings.default_tenant)).versions()

        return TokenVerifier(fetch, Superseded(versions))


@asynccontextmanager
async def open_foundation(settings: ServiceSettings) -> AsyncIterator[Foundation]:
    """Connect to the bus and the registry; close both at the end, after the messages in hand are done."""
    async with AsyncExitStack() as stack:
        bus = await connect(settings.bus_url, name=settings.service)
        stack.push_async_callback(bus.close)
        registry = await stack.enter_async_context(open_registry(settings.registry_url or settings.bus_url))
        wire = await stack.enter_async_context(open_wire(seconds=TIMEOUT_SECONDS, connect_seconds=CONNECT_SECONDS))
        identity = ServiceIdentity(settings.service, Path(settings.identity_dir))
        yield Foundation(settings, bus, registry, identity, wire)


class _Told:
    """Whether this process was told to stop."""

    to_stop = False


def is_stopping() -> bool:
    """Say whether this process was told to stop: an endless answer should end then, its client comes back."""
    return _Told.to_stop


# Opens whatever a service needs and yields its ASGI app; what it opened is closed after the last request.
Assemble = Callable[[Any], AbstractAsyncContextManager[Any]]


def run(settings_class: type[SettingsT], service: str, assemble: Assemble) -> None:
    """Run a service until SIGTERM or SIGINT; then finish requests and messages in hand, and exit with 0.

    Exits with 2 and one line on stderr where a setting is missing or wrong.
    """
    try:
        settings = load(settings_class, service)
    except SettingsError as error:
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(2) from None
    if settings.clock_offset_file:
        follow_offset(Path(settings.clock_offset_file))
    telemetry.configure(
        service=service,
        log_level=settings.log_level,
        trace_ratio=settings.trace_ratio,
        trace_file=settings.trace_file,
        otlp_endpoint=settings.otlp_endpoint,
    )
    metrics.build(service, *build(settings.commit))
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_serve(settings, assemble))
    except SettingsError as error:  # such as an address of the right form that leads nowhere
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(2) from None
    finally:
        telemetry.shutdown()


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def _serve(settings: ServiceSettings, assemble: Assemble) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told_to_stop() -> None:
        _Told.to_stop = True
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop)
    async with AsyncExitStack() as stack:
        application = await _assembled(stack, settings, assemble, stop)
        if application is None:
            return
        server = _Server(
            uvicorn.Config(
                application,
                host=settings.host,
                port=settings.port,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=int(settings.stop_seconds),
            )
        )
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("%s stops", settings.service)
        server.should_exit = True
        await serving
        stopping.cancel()


async def _assembled(
    stack: AsyncExitStack, settings: ServiceSettings, assemble: Assemble, stop: asyncio.Event
) -> Any | None:
    """Return the app as soon as everything it needs answers; None where it was told to stop before."""
    while not stop.is_set():
        try:
            return await stack.enter_async_context(assemble(settings))
        except Unavailable as error:
            log.warning("%s waits: %s", settings.service, error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), START_ATTEMPT_SECONDS)
    return None


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the process decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave the signals alone."""
        yield
