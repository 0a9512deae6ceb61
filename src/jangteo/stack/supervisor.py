"""Brings a mall up in the right order, keeps it up, and takes it down again."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable

from jangteo.stack import services
from jangteo.stack.child import Birth, spawn
from jangteo.stack.credentials import Credentials
from jangteo.stack.databases import Databases
from jangteo.stack.environment import AUDITED, DATABASES, PORTS, PREFERRED_PORTS, SERVICES, Site
from jangteo.stack.errand import Errands
from jangteo.stack.home import Home
from jangteo.stack.leftovers import PROCESSES, SUPERVISOR
from jangteo.stack.logs import rotate
from jangteo.stack.plan import Plan
from jangteo.stack.ports import Ports
from jangteo.stack.procfs import identify
from jangteo.stack.reaper import Reaper
from jangteo.stack.runner import Runner, State
from jangteo.stack.servers import documents, nats, valkey
from jangteo.stack.servers.postgres import Postgres
from jangteo.stack.unit import Unit
from jangteo.stack.zygote import NAME as ZYGOTE
from jangteo.stack.zygote import Zygote

Say = Callable[[str], None]
_FRONT = "gateway"
# In these two a failure leaves up what runs.
SERVICES_PHASE, UP_PHASE = "starting services", "up"
_WORD_SECONDS = 60.0


class Supervisor:
    """The processes of one home."""

    def __init__(self, home: Home, plan: Plan, say: Say) -> None:
        self.home, self.plan, self._say = home, plan, say
        self.runners: dict[str, Runner] = {}
        self.phase = "starting"
        self.databases: Databases | None = None
        self._reaper = Reaper()
        self._errands = Errands(self._reaper, home.run)
        self.zygote = Zygote(home, self._reaper)
        self._ports = Ports(home.root / "ports.json")

    async def up(self) -> None:
        """Start everything in order. Raises StackError where something does not come up."""
        usual = PREFERRED_PORTS if self.plan.usual_ports else {}
        site = Site(self.home, self._ports.settle(PORTS, usual), Credentials(self.home.secrets))
        site.credentials.make_identities(service.name for service in SERVICES)
        site.credentials.make_passwords(f"audit.{name}" for name in AUDITED)
        if self.plan.services and self.plan.zygote:
            self.zygote.start()
        await self._start_servers(site)
        if self.plan.services:
            await self._prepare()
            self.phase = SERVICES_PHASE
            await self._start_services(site)
        self.phase = UP_PHASE

    async def start_missing(self) -> None:
        """Start what was stopped, at once what waits to be restarted, and return when all is ready."""
        missing = [runner for runner in self.runners.values() if runner.state is not State.READY]
        for runner in missing:
            runner.start()
        await self._all_ready(missing)
        self.phase = UP_PHASE

    async def down(self) -> None:
        """Stop everything: the gateway, so that nothing new comes in, then the services, then the servers."""
        self.phase = "stopping"
        names = set(self.runners)
        front = names & {_FRONT}
        behind = (names - front) & {service.name for service in SERVICES}
        for group in (front, behind, names - front - behind):
            await asyncio.gather(*(self._stop(name) for name in sorted(group)))
            if group == behind:
                self.zygote.stop()
        self.zygote.stop()

    async def _stop(self, name: str) -> None:
        if self.runners[name].state is not State.STOPPED:
            await self.runners[name].stop()
            self._say(f"{name}: stopped")

    async def _start_servers(self, site: Site) -> None:
        plain = {"valkey": valkey.unit, "nats": nats.unit, "documents": documents.unit}
        for name in self.plan.servers:
            if name in plain:
                self._add(plain[name](site, self.plan.fsync))
        if "postgres" in self.plan.servers:
            server = Postgres(site, self.plan.fsync)
            self.databases = Databases(server, site, self._errands)
            if server.data.parent != self.home.data:
                self._say(f"postgres: its data is in {server.data}, because its user cannot enter {self.home.data}")
            if not server.exists():
                self._say("postgres: making the server's data folder")
                await self.databases.create_server()
            self._add(server.unit())
        await self._all_ready(self.runners.values())
        if self.databases is not None:
            wanted = DATABASES if self.plan.services else ()
            new = await self.databases.create([*wanted, *self.plan.databases])
            if new:
                self._say(f"postgres: made databases for {', '.join(new)}")

    async def _prepare(self) -> None:
        if self.databases is not None:
            outdated = await self.databases.outdated(name for name in self.plan.services if name in DATABASES)
            if outdated:
                self._say(f"migrating {', '.join(outdated)}")
                await self._jangteo("migrate", *outdated)
        marker = self.home.data / "seeded"
        if self.plan.seed and not marker.exists():
            self._say("filling the demo shop")
            self._say((await self._jangteo("seed")).rstrip())
            marker.touch()

    async def _jangteo(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "jangteo.cli", *arguments]
        environment = services.outer_environment() | {"JANGTEO_HOME": str(self.home.root)}
        errand = asyncio.create_task(self._errands.must(f"jangteo {arguments[0]}", command, environment))
        try:
            while not (await asyncio.wait({errand}, timeout=_WORD_SECONDS))[0]:
                self._say(f"jangteo {arguments[0]}: still at work")  # who waits for us must not think that we hang
            return await errand
        finally:
            errand.cancel()

    async def _start_services(self, site: Site) -> None:
        for name in self.plan.services:
            self._add(services.unit(name, site, self.plan.overrides.get(name, {})))
        await self._all_ready(self.runners[name] for name in self.plan.services)

    def _add(self, unit: Unit) -> None:
        self.runners[unit.name] = Runner(unit, self._launch, self._reaper, self._record)
        self.runners[unit.name].start()

    async def _launch(self, unit: Unit) -> int:
        rotate(self.home.log(unit.name))
        birth = Birth(unit.environment, unit.folder, self.home.log(unit.name), unit.death_signal, unit.user)
        if unit.service and self.plan.zygote:
            try:
                return await self.zygote.fork(unit.name, birth)
            except OSError as error:
                self._say(f"{unit.name}: starts alone, because the zygote does not answer ({error})")
        return spawn(unit.arguments, birth)

    async def _all_ready(self, runners: Iterable[Runner]) -> None:
        async def one(runner: Runner) -> None:
            await runner.wait_ready()
            self._say(f"{runner.unit.name}: ready")

        await _together(one(runner) for runner in runners)

    def _record(self, runner: Runner) -> None:
        """Write down who runs, so that `down` finds them even when this process has been killed."""
        if runner.state is State.WAITING:
            self._say(f"{runner.unit.name}: died ({runner.last_exit}), starts again")
        running = {name: one.identity for name, one in self.runners.items() if one.identity}
        for name, pid in ((SUPERVISOR, os.getpid()), (ZYGOTE, self.zygote.pid)):
            if pid and (one := identify(pid)):
                running[name] = one
        temporary = self.home.run / "processes.new"
        temporary.write_text(json.dumps({name: [one.pid, one.started] for name, one in running.items()}))
        temporary.replace(self.home.run / PROCESSES)


async def _together(work: Iterable[Awaitable[None]]) -> None:
    """Wait for all; at the first failure stop waiting for the rest."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
