"""The health of the whole mall: each service's instances asked at once, remembered for a second."""

import asyncio
import time
from typing import Any

import aiohttp
import msgspec

from jangteo.gateway.envoy.process import Envoy
from jangteo.kit.discovery import Instance, Registry

ASK_SECONDS = 1.5
REMEMBERED_SECONDS = 1.0


class InstanceHealth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One process; `checks` are its own words, `address` is told on a developer's machine only."""

    ready: bool
    checks: dict[str, str] = {}
    address: str = ""


class ServiceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A service is ready when one of its instances is."""

    ready: bool
    instances: list[InstanceHealth]


class EnvoyHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`refused_files` counts configurations that Envoy did not take over."""

    ready: bool
    listeners: int
    refused_files: int
    starts: int


class MallHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok, degraded (some instance lacks something) or down (some service has none that is ready)."""

    status: str
    services: dict[str, ServiceHealth]
    envoy: EnvoyHealth

    @property
    def serves(self) -> bool:
        """Return whether every part of the mall can do its work."""
        return self.status != "down"


def _is_well(instance: InstanceHealth) -> bool:
    return instance.ready and all(state == "ok" for state in instance.checks.values())


class HealthDesk:
    """Asks around, for all who want to know at the same time only once."""

    def __init__(
        self,
        registry: Registry,
        envoy: Envoy,
        session: aiohttp.ClientSession,
        services: tuple[str, ...],
        tell_addresses: bool,
    ) -> None:
        self._registry = registry
        self._envoy = envoy
        self._session = session
        self._services = services
        self._tell_addresses = tell_addresses
        self._asking = asyncio.Lock()
        self._known: tuple[float, MallHealth] | None = None

    async def report(self) -> MallHealth:
        """Return the health of a second ago at the most."""
        async with self._asking:
            if self._known is None or time.monotonic() - self._known[0] > REMEMBERED_SECONDS:
                health = await self._ask_all()
                self._known = (time.monotonic(), health)
            return self._known[1]

    async def _ask_all(self) -> MallHealth:
        state, answers = await asyncio.gather(
            self._envoy.admin.state(), asyncio.gather(*map(self._service, self._services))
        )
        services = dict(zip(self._services, answers, strict=True))
        envoy = EnvoyHealth(
            ready=state.ready,
            listeners=state.listeners,
            refused_files=state.refused_files,
            starts=self._envoy.starts,
        )
        if not envoy.ready or not all(service.ready for service in services.values()):
            status = "down"
        elif all(_is_well(instance) for service in services.values() for instance in service.instances):
            status = "ok"
        else:
            status = "degraded"
        return MallHealth(status=status, services=services, envoy=envoy)

    async def _service(self, service: str) -> ServiceHealth:
        found = await asyncio.gather(*map(self._instance, self._registry.instances(service)))
        return ServiceHealth(ready=any(instance.ready for instance in found), instances=list(found))

    async def _instance(self, instance: Instance) -> InstanceHealth:
        address = instance.address if self._tell_addresses else ""
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
        try:
            async with self._session.get(instance.address + "/health/ready", timeout=timeout) as response:
                said: Any = msgspec.json.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            return InstanceHealth(ready=False, checks={"reached": type(error).__name__}, address=address)
        checks = {str(name): str(value) for name, value in said.get("checks", {}).items()}
        return InstanceHealth(ready=response.status == 200, checks=checks, address=address)
