"""What a supervisor is asked to run; written by whoever starts it, read by it once."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jangteo.stack.environment import SERVICES

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

    def write(self, file: Path) -> None:
        """Store the plan."""
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, file: Path) -> "Plan":
        """Read a stored plan."""
        values = json.loads(file.read_text())
        for name in ("servers", "services", "databases"):
            values[name] = tuple(values[name])
        return cls(**values)
