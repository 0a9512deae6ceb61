"""A whole mall for tests and benchmarks: brought up, broken on purpose, taken down."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from jangteo.stack.control import Answer
from jangteo.stack.environment import SERVICES, Site
from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.plan import SERVERS, Plan
from jangteo.stack.procfs import children, with_descendants
from jangteo.stack.remote import Remote
from jangteo.stack.seed import accounts

EVERY_SERVICE = tuple(service.name for service in SERVICES)


class Mall:
    """Everything that `make up` starts, below `home`. It stops, whatever happens, when this process ends.

    `overrides` adds to the environment of services by name. `keep=True` leaves the data when the context is left.
    """

    def __init__(
        self,
        home: Path,
        *,
        overrides: Mapping[str, Mapping[str, str]] | None = None,
        servers: tuple[str, ...] = SERVERS,
        services: tuple[str, ...] = EVERY_SERVICE,
        fsync: bool = True,
        seed: bool = True,
        keep: bool = False,
    ) -> None:
        self.home = Home(home.resolve())
        self._plan = Plan(
            servers=servers, services=services, overrides=overrides or {}, fsync=fsync, seed=seed, attached=True
        )
        self._keep = keep
        self._remote = Remote(self.home)

    def up(self) -> Self:
        """Start everything and return when all is healthy. Raises StackError, with the end of a log, otherwise."""
        self._remote.launch(self._plan)
        self._remote.follow({"do": "watch"}, None)
        return self

    def down(self) -> None:
        """Stop everything."""
        self._remote.stop()

    @property
    def site(self) -> Site:
        """Ports and secrets."""
        return local_site(self.home)

    @property
    def url(self) -> str:
        """The gateway's public address, http://127.0.0.1:port."""
        return self.site.url("gateway.http")

    @property
    def https_url(self) -> str:
        """The gateway's public address with TLS."""
        return self.site.url("gateway.https", "https")

    def accounts(self) -> list[dict[str, str]]:
        """Return the demo accounts: tenant, role, email, password."""
        return accounts(self.home)

    def status(self) -> Answer:
        """Return {"phase", "units": [{"name", "state", "healthy", "pid", "restarts", "address", "what"}], "own"}."""
        return self._remote.status()

    def pid(self, name: str) -> int | None:
        """Return the process of a service or a server, None while it is down."""
        return self._remote.pid(name)

    def pids(self, name: str) -> list[int]:
        """Return that process and all below it: Envoy for the gateway, the back ends for PostgreSQL."""
        pid = self.pid(name)
        return [] if pid is None else with_descendants(pid, children())

    def kill(self, name: str) -> None:
        """Kill a service or a server as a crash would; it comes back by itself, see wait_healthy."""
        self._remote.kill(name)

    def stop(self, name: str) -> None:
        """Stop one process gracefully and leave it stopped."""
        self._remote.follow({"do": "stop-one", "name": name}, None)

    def start(self, name: str) -> None:
        """Start one that was stopped and return when it is ready."""
        self._remote.follow({"do": "start-one", "name": name}, None)

    def wait_healthy(self) -> None:
        """Return when everything is ready, without waiting out the pauses before restarts. Raises StackError."""
        self._remote.follow({"do": "start"}, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        if not self._keep:
            self.home.discard()
