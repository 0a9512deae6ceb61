"""Asks every process of the mall how it is, all at once, for all who want to know at the same time only once."""

import asyncio
import time
from collections.abc import Mapping

import aiohttp
import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.clock import Clock
from jangteo.kit.discovery import Registry
from jangteo.kit.postgres import Database
from jangteo.operations.parking import MANAGE
from jangteo.operations.readings import Reading, read
from jangteo.operations.schemas import InstanceSeen, OutboxSeen, ServiceSeen, ServicesSeen, Status

ASK_SECONDS = 3.0
"""A check of a process's own takes two seconds at the most."""
REMEMBERED_SECONDS = 1.0
_ORDER: tuple[Status, ...] = ("ok", "degraded", "down")


class _Health(msgspec.Struct, frozen=True):
    checks: dict[str, str] = {}


class Watch:
    """Looks at the services that should run, and at those that do."""

    def __init__(
        self,
        registry: Registry,
        session: aiohttp.ClientSession,
        clock: Clock,
        watched: Mapping[str, str],
        *,
        tell_addresses: bool,
    ) -> None:
        """`watched` are the services there should be, with the address of each that the registry may not have."""
        self._registry = registry
        self._session = session
        self._clock = clock
        self._watched = watched
        self._tell_addresses = tell_addresses
        self._asking = asyncio.Lock()
        self._known: tuple[float, ServicesSeen] | None = None

    async def services(self) -> ServicesSeen:
        """Return how the services were a second ago at the most."""
        async with self._asking:
            if self._known is None or time.monotonic() - self._known[0] > REMEMBERED_SECONDS:
                names = sorted({*self._watched, *self._registry.services()})
                items = list(await asyncio.gather(*map(self._service, names)))
                seen = ServicesSeen(status=_worst(items), seen_at=self._clock.now(), items=items)
                self._known = (time.monotonic(), seen)
            return self._known[1]

    async def _service(self, service: str) -> ServiceSeen:
        addresses = [instance.address for instance in self._registry.instances(service)]
        if not addresses and (address := self._watched.get(service)):
            addresses = [address]
        found = await asyncio.gather(*map(self._instance, addresses))
        instances = [instance for instance, _ in found]
        return ServiceSeen(
            service=service,
            status=_status(instances),
            outbox=_fullest([outbox for _, outbox in found if outbox is not None]),
            instances=instances,
        )

    async def _instance(self, address: str) -> tuple[InstanceSeen, OutboxSeen | None]:
        (ready, checks), reading = await asyncio.gather(self._health(address), self._reading(address))
        seen = InstanceSeen(
            ready=ready,
            checks=checks,
            version=reading.version,
            commit=reading.commit,
            started_at=reading.started_at,
            memory_bytes=reading.memory_bytes,
            cpu_seconds=reading.cpu_seconds,
            address=address if self._tell_addresses else "",
        )
        return seen, reading.outbox

    async def _health(self, address: str) -> tuple[bool, dict[str, str]]:
        try:
            status, body = await self._get(f"{address}/health/ready")
            return status == 200, msgspec.json.decode(body, type=_Health).checks
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            return False, {"reached": type(error).__name__}

    async def _reading(self, address: str) -> Reading:
        try:
            status, body = await self._get(f"{address}/metrics")
            return read(body.decode()) if status == 200 else Reading()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return Reading()

    async def _get(self, url: str) -> tuple[int, bytes]:
        async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=ASK_SECONDS)) as response:
            return response.status, await response.read()


class Reception:
    """Shows the services to those who may see them."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch

    async def services(self, caller: Caller) -> ServicesSeen:
        """Return how the services are. Raises PermissionMissing."""
        caller.require(MANAGE)
        seen = await self._watch.services()
        await audit.note(self._database, caller.tenant, Entry(by=caller, action="services.read"))
        return seen


def _status(instances: list[InstanceSeen]) -> Status:
    if not any(instance.ready for instance in instances):
        return "down"
    well = all(one.ready and all(said == "ok" for said in one.checks.values()) for one in instances)
    return "ok" if well else "degraded"


def _worst(items: list[ServiceSeen]) -> Status:
    return max((item.status for item in items), key=_ORDER.index, default="ok")


def _fullest(told: list[OutboxSeen]) -> OutboxSeen | None:
    """Return the worst that instances said of the outbox that they share: each looks at it every few seconds."""
    return max(told, key=lambda one: (one.refused, one.waiting, one.oldest_seconds), default=None)
