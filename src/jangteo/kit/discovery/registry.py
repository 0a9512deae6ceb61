"""What every registry must be able to do, said once, so that no service learns which one it uses."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from jangteo.kit.errors import Unavailable

LIFE_SECONDS = 12.0
"""An instance that was not heard of for this long is gone; it says something four times as often."""

OnChange = Callable[[str], None]


class NoInstance(Unavailable):
    """Nobody offers the service just now."""

    code = "service.no_instance"
    ko = "서비스({service})가 실행되고 있지 않습니다. 잠시 후 다시 시도해 주세요."
    en = "No instance of the service {service} is running. Please try again in a moment."


@dataclass(frozen=True, slots=True)
class Instance:
    """A running process of a service; `address` is a URL such as http://127.0.0.1:8001."""

    service: str
    address: str

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Return the address in two parts."""
        parts = urlsplit(self.address)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class Registry(Protocol):
    """The list of running instances."""

    async def register(self, service: str, address: str) -> None:
        """Sign this process in until `deregister`, and again after every outage of the registry."""

    async def deregister(self) -> None:
        """Sign this process out: nobody sends it anything new."""

    def address(self, service: str) -> str:
        """Return the next instance in turn, as a URL; raises `NoInstance` where there is none."""

    def instances(self, service: str) -> list[Instance]:
        """Return all known instances of a service, in a stable order."""

    def services(self) -> list[str]:
        """Return the names of all services of which an instance is, or was, known, in the order of the alphabet."""

    def on_change(self, callback: OnChange) -> None:
        """Call `callback(service)` whenever the instances of a service have changed."""

    @asynccontextmanager
    async def registered(self, service: str, address: str) -> AsyncIterator[None]:
        """Be signed in inside `async with`."""
        await self.register(service, address)
        try:
            yield
        finally:
            await self.deregister()


def read_address(address: str) -> str:
    """Return `host:port` or a URL as a URL; raises ValueError for anything else."""
    url = (address if "://" in address else f"http://{address}").rstrip("/")
    if not urlsplit(url).hostname:
        raise ValueError(f"not an address: {address!r}")
    return url
