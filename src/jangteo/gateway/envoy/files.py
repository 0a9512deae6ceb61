"""The files that Envoy watches: each replaced whole by a rename, and only when its content is new."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from jangteo.gateway.envoy.answers import HTTP, HTTPS, INNER
from jangteo.gateway.envoy.bootstrap import bootstrap
from jangteo.gateway.envoy.clusters import Address, cluster, endpoints, own_cluster
from jangteo.gateway.envoy.listeners import listeners
from jangteo.gateway.envoy.vhosts import route_configuration
from jangteo.gateway.page_routes import PAGES
from jangteo.gateway.routes import ROUTES, Route, check, services
from jangteo.gateway.settings import GatewaySettings

ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
Json = dict[str, Any]


class ConfigurationFiles:
    """Envoy's configuration in one directory, readable by its owner only: the HTTPS key is in it."""

    def __init__(self, settings: GatewaySettings, directory: Path) -> None:
        """Prepare `directory`; nothing is written yet."""
        self._settings = settings
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)

    @property
    def bootstrap(self) -> Path:
        """Return the file to start Envoy with."""
        return self.directory / "bootstrap.json"

    def services(self) -> list[str]:
        """Return the services whose instances are written here."""
        return sorted(path.stem.removeprefix("eds-") for path in self.directory.glob("eds-*.json"))

    def write_all(self, routes: tuple[Route, ...] = ROUTES) -> None:
        """Write everything but certificate and instances. Raises TableError for a wrong table."""
        check(routes)
        behind = services((*routes, *PAGES))
        for service in behind:
            if not self._path(f"eds-{service}").exists():
                self.write_instances(service, ())
        own = own_cluster((self._settings.host, self._settings.port))
        self._write("cds", [own, *(cluster(service, self.directory) for service in behind)])
        self.write_routes(routes)
        self._write("lds", listeners(self._settings, self.directory))
        self._replace(self.bootstrap, bootstrap(self._settings, self.directory))

    def write_routes(self, routes: tuple[Route, ...]) -> None:
        """Write the route table; Envoy takes it over without dropping a request."""
        check(routes)
        for name in (HTTP, HTTPS, INNER):
            table = route_configuration(name, self._settings, routes)
            self._write(f"rds-{name}", [table])

    def write_instances(self, service: str, addresses: Iterable[Address]) -> None:
        """Write where `service` is to be found; no address at all is an answer too."""
        self._write(f"eds-{service}", [{"@type": ENDPOINTS, **endpoints(service, addresses)}])

    def write_certificate(self, chain_pem: str, key_pem: str) -> None:
        """Write what HTTPS shows."""
        secret = {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
            "name": "gateway",
            "tls_certificate": {
                "certificate_chain": {"inline_string": chain_pem},
                "private_key": {"inline_string": key_pem},
            },
        }
        self._write("sds", [secret])

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.json"

    def _write(self, name: str, resources: list[Json]) -> None:
        self._replace(self._path(name), {"resources": resources})

    def _replace(self, path: Path, content: Json) -> None:
        data = msgspec.json.format(msgspec.json.encode(content), indent=1)
        if path.exists() and path.read_bytes() == data:
            return
        fresh = path.with_suffix(".fresh")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        fresh.replace(path)
