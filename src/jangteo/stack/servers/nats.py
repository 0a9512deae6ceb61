"""NATS JetStream out of its wheel: the message bus, and the registry of running services."""

from jangteo.stack.credentials import write_private
from jangteo.stack.environment import BUS_USER, Site
from jangteo.stack.ports import HOST
from jangteo.stack.probes import http_alive, http_ok
from jangteo.stack.unit import Unit
from jangteo.stack.wheels import script

NAME = "nats"
# What a kill loses is nothing in any case; this bounds what a loss of power can lose.
_SYNC_INTERVAL = "1s"
_THROW_AWAY_SYNC_INTERVAL = "2m"


def unit(site: Site, fsync: bool) -> Unit:
    """Write the configuration and return how to run the server."""
    folder, port, monitor = site.home.state(NAME), site.ports[NAME], site.ports["nats.monitor"]
    configuration = site.home.run / "nats.conf"
    write_private(
        configuration,
        f"""server_name: jangteo
listen: "{HOST}:{port}"
http: "{HOST}:{monitor}"
max_payload: 1MB
authorization {{ user: "{BUS_USER}", password: "{site.credentials.password("bus")}" }}
jetstream {{
  store_dir: "{folder}"
  max_mem: 64MB
  max_file: 4GB
  sync_interval: "{_SYNC_INTERVAL if fsync else _THROW_AWAY_SYNC_INTERVAL}"
}}
""",
    )
    return Unit(
        name=NAME,
        what="NATS JetStream (bus, registry)",
        address=f"{HOST}:{port}",
        arguments=(str(script("nats-server")), "-c", str(configuration)),
        folder=folder,
        ready=lambda: http_ok(monitor, "/healthz"),
        alive=lambda: http_alive(monitor),
    )
