"""What a supervisor is asked to run; written by whoever starts it, read by it once."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from jangteo.stack.environment import SERVICES
from jangteo.stack.home import Home

_FILE = "plan.json"
SERVERS = ("postgres", "valkey", "nats", "documents")


@dataclass(frozen=True)
class Plan:
    """A mall, or a part of one."""

    servers: tuple[str, ...] = SERVERS
    services: tuple[str, ...] = tuple(service.name for service in SERVICES)
    databases: tuple[str, ...] = ()  # beside those of the services
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # service -> more environment
    fsync: bool = True
    seed: bool = True
    zygote: bool = True
    usual_ports: bool = False  # prefer 8080 and 8443 for the gateway
    attached: bool = False  # stop when the standard input is closed, that is, when the starter is gone

    def write(self, home: Home) -> None:
        """Make this the plan of `home`."""
        (home.run / _FILE).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, home: Home) -> "Plan":
        """Return the last plan of `home`, or what `make up` would do where there has been none."""
        try:
            values = json.loads((home.run / _FILE).read_text())
        except FileNotFoundError:
            return cls()
        for name in ("servers", "services", "databases"):
            values[name] = tuple(values[name])
        return cls(**values)
