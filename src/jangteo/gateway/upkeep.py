"""What keeps Envoy's files true while the gateway runs: who is alive, which certificate, which route table."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator

from jangteo.gateway import render
from jangteo.gateway.certificates import LocalAuthority
from jangteo.gateway.envoy.clusters import Address
from jangteo.gateway.envoy.files import ConfigurationFiles
from jangteo.kit.background import alongside
from jangteo.kit.clock import Clock
from jangteo.kit.discovery import Registry

log = logging.getLogger(__name__)

CERTIFICATE_CHECK_SECONDS = 6 * 3600


def follow_instances(registry: Registry, files: ConfigurationFiles, changed: Callable[[str], None]) -> None:
    """Write where every service is, now and at each change; `changed(service)` is told after that."""

    def write(service: str) -> None:
        if service in files.services():
            files.write_instances(service, _addresses(registry, service))
            changed(service)

    for service in files.services():
        write(service)
    registry.on_change(write)


def write_certificate(authority: LocalAuthority, files: ConfigurationFiles, clock: Clock) -> None:
    """Write the certificate of today; Envoy shows it from the next connection on."""
    certificate = authority.certificate(clock.now())
    files.write_certificate(certificate.chain_pem, certificate.key_pem)


@contextlib.asynccontextmanager
async def renewing(authority: LocalAuthority, files: ConfigurationFiles, clock: Clock) -> AsyncIterator[None]:
    """Renew the certificate whenever it is due."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(CERTIFICATE_CHECK_SECONDS)
            write_certificate(authority, files, clock)

    async with alongside(renew(), "certificate"):
        yield


@contextlib.contextmanager
def reloading_on_hangup(registry: Registry, files: ConfigurationFiles) -> Iterator[None]:
    """Take over the route table of the code on disk at SIGHUP; where that is wrong the old one stays in force."""
    loop = asyncio.get_running_loop()
    running: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        # Another process reads the changed code: modules exchanged in a running one leave it half old.
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", render.__name__)
        if await child.wait() != 0:
            log.error("the new route table is refused, the old one stays")
            return
        for service in files.services():
            files.write_instances(service, _addresses(registry, service))
        log.info("the route table is taken over")

    def start() -> None:
        task = asyncio.ensure_future(reload())
        running.add(task)
        task.add_done_callback(running.discard)

    loop.add_signal_handler(signal.SIGHUP, start)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _addresses(registry: Registry, service: str) -> list[Address]:
    return [instance.host_and_port for instance in registry.instances(service)]
