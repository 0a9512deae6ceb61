"""What lies in the stores before and after: rows, bytes, keys, streams, logs; and what must not be there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bench.soak.readings import OUTBOXES, Reader
from jangteo.stack.environment import DATABASES
from jangteo.stack.mall import Mall

_TABLES = """
SELECT relname AS name, oid::regclass::text AS quoted, pg_total_relation_size(oid) AS bytes
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_AGES = {
    "inbox": "SELECT extract(epoch FROM now() - min(received_at))::float8 FROM inbox",
    "idempotency": "SELECT extract(epoch FROM now() - min(created_at))::float8 FROM idempotency",
    "webhooks": "SELECT extract(epoch FROM now() - min(received_at))::float8 FROM webhooks",
}


@dataclass(frozen=True)
class Inventory:
    """Rows and bytes of `service.table`; bytes of logs, of span files and of each unit's data; streams of NATS."""

    rows: dict[str, int]
    bytes: dict[str, int]
    logs: int
    spans: int
    disk: dict[str, int]
    streams: dict[str, int]
    lasting_keys: dict[str, int]


async def take_inventory(mall: Mall, reader: Reader) -> Inventory:
    """Count everything once."""
    rows, sizes = {}, {}
    for service in DATABASES:
        for table in await reader.rows(service, _TABLES):
            name = f"{service}.{table['name']}"
            rows[name] = (await reader.rows(service, f"SELECT count(*) FROM {table['quoted']}"))[0][0]
            sizes[name] = table["bytes"]
    return Inventory(
        rows=rows,
        bytes=sizes,
        logs=_size(mall.home.logs),
        spans=_size(mall.home.traces),
        disk={folder.name: _size(folder) for folder in mall.home.data.iterdir() if folder.is_dir()},
        streams={name: state["bytes"] for name, state in (await reader.streams()).items()},
        lasting_keys=await _lasting_keys(mall),
    )


async def oldest(reader: Reader) -> dict[str, float]:
    """Return the age in seconds of the oldest row of every table that is pruned."""
    ages = {}
    for service in DATABASES:
        tables = {row["name"] for row in await reader.rows(service, _TABLES)}
        for table, sql in _AGES.items():
            if table in tables:
                ages[f"{service}.{table}"] = (await reader.rows(service, sql))[0][0] or 0.0
    return ages


async def leftovers(reader: Reader) -> dict[str, int]:
    """Count what nobody must find after the last deadline."""
    one: dict[str, Any] = {
        "reservations still held": ("product", "SELECT count(*) FROM reservations WHERE state = 'held'"),
        "pieces still reserved": ("product", "SELECT coalesce(sum(reserved), 0) FROM stock_items"),
        "deadlines still open": ("order", "SELECT count(*) FROM deadlines WHERE due_at < now() - interval '1 minute'"),
    }
    found = {name: int((await reader.rows(service, sql))[0][0]) for name, (service, sql) in one.items()}
    found["messages in an outbox"] = 0
    for service in OUTBOXES:
        found["messages in an outbox"] += (await reader.rows(service, "SELECT count(*) FROM outbox"))[0][0]
    return found


def errors_logged(mall: Mall) -> list[str]:
    """Return the first lines that a service logged as errors."""
    return [
        f"{log.name}: {line[:300]}"
        for log in sorted(mall.home.logs.glob("*.log*"))
        for line in log.read_text(errors="replace").splitlines()
        if '"level":"ERROR"' in line.replace(" ", "")
    ]


async def _lasting_keys(mall: Mall) -> dict[str, int]:
    """Count the keys of Valkey that never run out, by what stands before their first colon."""
    found: dict[str, int] = {}
    async with Redis.from_url(mall.site.valkey_url) as valkey:
        async for key in valkey.scan_iter(count=1000):
            if await valkey.ttl(key) == -1:
                kind = key.decode().split(":")[0]
                found[kind] = found.get(kind, 0) + 1
    return found


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
