"""Real servers for tests: only those asked for, thrown away with their data at the end."""

from pathlib import Path
from types import TracebackType
from typing import Self

from jangteo.stack.environment import Site, environment
from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.plan import Plan
from jangteo.stack.remote import Remote


class Servers:
    """Embedded servers below `home`. Stopped when left as a context, or when this process dies; then data is removed.

    `fsync=False` trades safety against loss of power for speed. `keep=True` leaves the data.
    """

    def __init__(self, home: Path, fsync: bool = True, keep: bool = False) -> None:
        self.home = Home(home.resolve())
        self._fsync = fsync
        self._keep = keep
        self._remote = Remote(self.home)

    def start(self, *servers: str, databases: tuple[str, ...] = ()) -> Self:
        """Start some of "postgres", "valkey", "nats", "documents", with a database for each of `databases`.

        Raises StackError where one does not come up.
        """
        plan = Plan(servers=servers, services=(), databases=databases, fsync=self._fsync, attached=True)
        self._remote.launch(plan)
        self._remote.follow({"do": "watch"}, None)
        return self

    def stop(self) -> None:
        """Stop the servers, keeping their data."""
        self._remote.stop()

    @property
    def site(self) -> Site:
        """Ports and secrets."""
        return local_site(self.home)

    def url(self, server: str, database: str = "", owner: bool = False) -> str:
        """Return the address of a server; of PostgreSQL that of `database`, for its service or for its `owner`."""
        site = self.site
        if server == "postgres":
            return site.migration_url(database) if owner else site.database_url(database)
        return {"nats": site.bus_url, "valkey": site.valkey_url, "documents": site.documents_url}[server]

    def create_database(self, name: str) -> None:
        """Make an empty database with its role, as a service has; one that is there already stays as it is."""
        self._remote.follow({"do": "create-database", "name": name}, None)

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment in which `service` would run on these servers."""
        return environment(service, self.site)

    def pid(self, server: str) -> int | None:
        """Return the process of a server, None while it is down."""
        return self._remote.pid(server)

    def kill(self, server: str) -> None:
        """Kill a server as a crash would; it comes back by itself, see wait_ready."""
        self._remote.kill(server)

    def wait_ready(self, server: str) -> None:
        """Return when a server that was killed serves again. Raises StackError where it does not."""
        self._remote.follow({"do": "start-one", "name": server}, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if not self._keep:
            self.home.discard()
