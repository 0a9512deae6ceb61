"""What is read of a running mall every few seconds: memory, descriptors, threads, connections and the outboxes."""

import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from redis.asyncio import Redis

from jangteo.stack.environment import DATABASES, Site
from jangteo.stack.mall import Mall
from jangteo.stack.ports import HOST
from jangteo.stack.procfs import children, with_descendants

_MEBIBYTE_IN_KIB = 1024
# Younger rows are on their way.
_WAITING = "SELECT count(*) FROM outbox WHERE parked_at IS NULL AND created_at < now() - interval '5 seconds'"
_SESSIONS = """
SELECT usename, count(*) AS count FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name = 'jangteo' GROUP BY usename
"""
OUTBOXES = tuple(name for name in DATABASES if name != "notification")


@dataclass(frozen=True)
class Process:
    """One unit with all below it. `anonymous` is its own memory in MiB, `memory` that and its share of files."""

    memory: float
    anonymous: float
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Reading:
    """The mall at `at` seconds of the run."""

    at: float
    processes: dict[str, Process]
    connections: dict[str, int]
    outbox: dict[str, int]
    parked: int

    def plain(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


class Reader:
    """Reads one mall, over connections of its own, which are not counted."""

    def __init__(self, mall: Mall, session: aiohttp.ClientSession) -> None:
        self._mall = mall
        self._session = session
        self._began = time.monotonic()
        self._units = {unit["name"]: unit["pid"] for unit in mall.status()["units"] if unit["pid"]}
        self._databases: dict[str, asyncpg.Connection] = {}
        self.readings: list[Reading] = []

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    async def keep_reading(self, every: float) -> None:
        """Read, until cancelled, every so many seconds."""
        while True:
            self.readings.append(await self.read())
            await asyncio.sleep(every)

    async def read(self) -> Reading:
        """Read everything once."""
        processes = await asyncio.to_thread(read_processes, self._units)
        waiting = {name: await self._value(name, _WAITING) for name in OUTBOXES}
        connections, parked = await self._connections()
        return Reading(self.now, processes, connections, waiting, parked)

    async def rows(self, service: str, sql: str, *arguments: object) -> list[Any]:
        """Return rows of a service's database, as the owner of its tables sees them."""
        if service not in self._databases:
            self._databases[service] = await asyncpg.connect(self._mall.site.migration_url(service))
        found: list[Any] = await self._databases[service].fetch(sql, *arguments)
        return found

    async def close(self) -> None:
        """Hang up."""
        for connection in self._databases.values():
            await connection.close()

    async def streams(self) -> dict[str, Any]:
        """Return what NATS says of its streams, by name."""
        document = await self._nats("/jsz?streams=1")
        return {
            stream["name"]: stream["state"]
            for account in document.get("account_details", ())
            for stream in account.get("stream_detail", ())
        }

    async def _value(self, service: str, sql: str) -> int:
        return int((await self.rows(service, sql))[0][0])

    async def _connections(self) -> tuple[dict[str, int], int]:
        found = {f"PostgreSQL, {role}": count for role, count in (await sessions_by_role(self._mall.site)).items()}
        async with Redis.from_url(self._mall.site.valkey_url) as valkey:
            found["Valkey"] = (await valkey.info("clients"))["connected_clients"] - 1
        found["NATS"] = (await self._nats("/varz"))["connections"]
        parked = (await self.streams()).get("JANGTEO_PARKED", {}).get("messages", 0)
        return found, parked

    async def _nats(self, path: str) -> dict[str, Any]:
        async with self._session.get(self._mall.site.url("nats.monitor") + path) as answer:
            found: dict[str, Any] = json.loads(await answer.read())
            return found


async def sessions_by_role(site: Site) -> dict[str, int]:
    """Return how many connections each service's role has; only the superuser is told of others' connections."""
    connection = await asyncpg.connect(
        host=HOST,
        port=site.ports["postgres"],
        user="postgres",
        password=site.credentials.password("postgres.postgres"),
        database="postgres",
    )
    try:
        return {row["usename"]: row["count"] for row in await connection.fetch(_SESSIONS)}
    finally:
        await connection.close()


def read_processes(units: dict[str, int]) -> dict[str, Process]:
    """Read each unit's processes from the operating system; one that is gone counts nothing."""
    tree = children()
    return {name: _read(with_descendants(pid, tree)) for name, pid in units.items()}


def _read(pids: list[int]) -> Process:
    memory = anonymous = descriptors = threads = 0
    for pid in pids:
        folder = Path(f"/proc/{pid}")
        try:
            sizes = dict(line.split(":", 1) for line in (folder / "smaps_rollup").read_text().splitlines()[1:])
            descriptors += len(os.listdir(folder / "fd"))
            threads += len(os.listdir(folder / "task"))
        except OSError:
            continue
        memory += int(sizes["Pss"].split()[0])
        anonymous += int(sizes["Pss_Anon"].split()[0])
    return Process(memory / _MEBIBYTE_IN_KIB, anonymous / _MEBIBYTE_IN_KIB, descriptors, threads)
