"""What the faults act on: a mall whose every connection runs over a wire of ours and whose clocks can be moved."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from bench.chaos.wires import HOST, Network, Wire
from bench.settings import QUICK
from jangteo.stack.credentials import Credentials
from jangteo.stack.environment import BUS_USER, DATABASES, SERVICES, environment, role_of
from jangteo.stack.local import local_site
from jangteo.stack.mall import Mall
from jangteo.stack.ports import Ports
from jangteo.stack.probes import http_ok
from jangteo.stack.services import outer_environment

# Who runs twice, so that there is somebody to take over the messages of one that stands still.
TWINS = ("order", "payment", "product", "shipping")
MOVABLE = ("user", "product", "cart", "order", "payment", "shipping", "notification", "sandbox-pay", "sandbox-carrier")
_ON_THE_BUS = ("user", "product", "cart", "order", "payment", "shipping", "notification", "gateway")
_WITH_VALKEY = ("user", "cart")
_PORTS = {
    "postgres": "postgres",
    "nats": "nats",
    "valkey": "valkey",
    "pay": "sandbox-pay",
    "carrier": "sandbox-carrier",
}
_GRACE_SECONDS = 15.0
# A twin has no supervisor: it asks the kernel to be told (PR_SET_PDEATHSIG, SIGTERM) when this process dies.
_SERVE = (
    "import ctypes, sys; ctypes.CDLL(None).prctl(1, 15); from jangteo.cli import main; sys.exit(main(sys.argv[1:]))"
)


class World:
    """A mall of its own below `home`, with a network and clocks that can be spoilt. Enter it to start everything.

    `twins` are services that run a second time, outside the mall's supervisor, with the same databases.
    """

    def __init__(self, home: Path, dice: random.Random, *, twins: tuple[str, ...] = TWINS, keep: bool = False) -> None:
        self.home = home
        self.mall: Mall
        self._keep, self._twins = keep, twins
        self._stack = AsyncExitStack()
        self.network = Network(
            Wire(f"{service}>{server}", lambda server=server: self._port(server), random.Random(dice.random()))  # type: ignore[misc]
            for service, server in routes()
        )
        self.twins: dict[str, subprocess.Popen[bytes]] = {}
        self._twin_ports: dict[str, int] = {}

    async def __aenter__(self) -> "World":
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "clocks").mkdir(exist_ok=True)
        await self._stack.enter_async_context(self.network)
        self.mall = Mall(self.home, overrides=self._overrides(), keep=self._keep)
        self._stack.push_async_callback(asyncio.to_thread, self.mall.__exit__, None, None, None)
        await asyncio.to_thread(self.mall.up)
        self._stack.callback(self._stop_twins)
        ports = Ports(self.home / "twins.json")
        self._twin_ports = ports.settle(self._twins, {})
        ports.release()
        for name in self._twins:
            self._start_twin(name)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def move_clock(self, service: str, seconds: float) -> None:
        """Let the clock of `service`, and of its twin, be wrong by `seconds`."""
        file = self.home / "clocks" / service
        temporary = file.with_suffix(".new")
        temporary.write_text(str(seconds))
        temporary.replace(file)

    def pids(self, name: str) -> list[int]:
        """Return the processes of a service, a server, a twin (`order'`) or Envoy (`envoy`); none while it is down."""
        if name.endswith("'"):
            return [self.twins[name].pid]
        if name == "envoy":
            return self.mall.pids("gateway")[1:]
        return self.mall.pids(name) if name in ("postgres", "gateway") else self.mall.pids(name)[:1]

    def revive_twins(self) -> None:
        """Start again every twin that has died."""
        for name, process in list(self.twins.items()):
            if process.poll() is not None:
                self._start_twin(name.removesuffix("'"))

    async def healthy(self) -> bool:
        """Say whether every process of the mall, and every twin, is up and well."""
        status = await asyncio.to_thread(self.mall.status)
        twins = await asyncio.gather(*(http_ok(port, "/health/ready") for port in self._twin_ports.values()))
        return all(twins) and all(unit["state"] == "ready" and unit["healthy"] for unit in status["units"])

    def outboxes(self) -> tuple[str, ...]:
        """Return the services that have one."""
        return tuple(name for name in DATABASES if name != "notification")

    def _port(self, server: str) -> int:
        return self.mall.site.ports[_PORTS[server]]

    def _overrides(self) -> Mapping[str, Mapping[str, str]]:
        secrets = self.home / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        credentials = Credentials(secrets)
        port = {name: wire.port for name, wire in self.network.wires.items()}
        found: dict[str, dict[str, str]] = {service.name: dict(QUICK.get(service.name, {})) for service in SERVICES}
        for name in MOVABLE:
            found[name]["JANGTEO_CLOCK_OFFSET_FILE"] = str(self.home / "clocks" / name)
        for name in DATABASES:
            password = credentials.password(f"postgres.{role_of(name)}")
            address = f"{HOST}:{port[f'{name}>postgres']}/{role_of(name)}"
            found[name]["JANGTEO_DATABASE_URL"] = f"postgresql://{role_of(name)}:{password}@{address}"
        for name in _ON_THE_BUS:
            password = credentials.password("bus")
            found[name]["JANGTEO_BUS_URL"] = f"nats://{BUS_USER}:{password}@{HOST}:{port[f'{name}>nats']}"
        for name in _WITH_VALKEY:
            password = credentials.password("valkey")
            found[name]["JANGTEO_VALKEY_URL"] = f"redis://:{password}@{HOST}:{port[f'{name}>valkey']}/0"
        found["payment"]["JANGTEO_SANDBOX_URL"] = f"http://{HOST}:{port['payment>pay']}"
        found["shipping"]["JANGTEO_SANDBOX_URL"] = f"http://{HOST}:{port['shipping>carrier']}"
        found["mailbox"]["JANGTEO_MOST_MESSAGES"] = "10000000"
        return found

    def _start_twin(self, name: str) -> None:
        """Start a second process of a service: the same databases and wires, a port and a folder of its own."""
        site = local_site(self.mall.home)
        folder = self.mall.home.state(f"{name}-twin")
        given = outer_environment() | environment(name, site) | dict(self._overrides()[name])
        given |= {"JANGTEO_PORT": str(self._twin_ports[name]), "JANGTEO_STATE_DIR": str(folder)}
        given |= {"JANGTEO_TRACE_FILE": str(self.mall.home.traces / f"{name}-twin.jsonl")}
        with self.mall.home.log(f"{name}-twin").open("ab") as output:
            self.twins[f"{name}'"] = subprocess.Popen(
                [sys.executable, "-c", _SERVE, "serve", name],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=given,
            )

    def _stop_twins(self) -> None:
        for process in self.twins.values():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.terminate()
        for process in self.twins.values():
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def routes() -> list[tuple[str, str]]:
    """Return who talks to what over a wire."""
    routes: list[tuple[str, str]] = [(name, "postgres") for name in DATABASES]
    routes += [(name, "nats") for name in _ON_THE_BUS]
    routes += [(name, "valkey") for name in _WITH_VALKEY]
    return [*routes, ("payment", "pay"), ("shipping", "carrier")]
