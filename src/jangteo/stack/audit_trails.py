"""Reads the audit trails out of the services' databases: the one place that looks into several of them."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from jangteo.kit.audit import Fault, Keys, Row, faults_of
from jangteo.kit.audit.chain import COLUMNS
from jangteo.kit.postgres import Database, open_database
from jangteo.stack.audit import KOREA, Trail
from jangteo.stack.home import StackError

_ENTRIES = f"SELECT {', '.join(COLUMNS)} FROM audit_entries WHERE tenant = $1"
_TENANTS = "SELECT tenant FROM audit_heads UNION SELECT tenant FROM audit_entries"

Seen = dict[str, dict[int, set[bytes]]]


class Checked(NamedTuple):
    """What was found of one chain; `verdict` is one line for people."""

    service: str
    tenant: str
    verdict: str
    faults: list[Fault]


async def check(trails: Sequence[Trail], tenant: str | None) -> list[Checked]:
    """Check every chain, or those of `tenant`. Raises DatabaseUnavailable, StackError where tables are missing."""
    checked = []
    try:
        async with AsyncExitStack() as stack:
            for trail in trails:
                told = await stack.enter_async_context(open_database(trail.witness_url, max_size=1))
                database = await stack.enter_async_context(open_database(trail.url, max_size=1))
                # The witness first: what is added meanwhile is longer than what it was told, never shorter.
                seen = await _seen(told, trail.service)
                names = await _tenants(database) | set(seen)
                for name in sorted(names if tenant is None else names & {tenant}):
                    checked += [await _check(database, trail, name, seen.get(name, {}))]
    except asyncpg.UndefinedTableError as error:
        raise StackError(f"a database has no audit trail yet, run `jangteo migrate`: {error}") from error
    return checked


async def read_month(trails: Sequence[Trail], tenant: str, first: datetime, after: datetime) -> list[list[Any]]:
    """Return the entries of a shop from `first` to before `after`, in the order of time, unsealed."""
    found = []
    for trail in trails:
        keys = Keys(trail.key)
        async with open_database(trail.url, max_size=1) as database, database.read(tenant) as reader:
            rows = await reader.fetch(f"{_ENTRIES} AND at >= $2 AND at < $3", tenant, first, after)
        found += [(row["at"], trail.service, _line(trail.service, keys, Row(**row))) for row in rows]
    return [line for _, _, line in sorted(found, key=lambda one: one[:2])]


async def _check(database: Database, trail: Trail, tenant: str, seen: dict[int, set[bytes]]) -> Checked:
    async with database.read(tenant) as reader:
        head = await reader.fetchrow("SELECT number, digest FROM audit_heads WHERE tenant = $1", tenant)
        rows = [Row(**row) for row in await reader.fetch(f"{_ENTRIES} ORDER BY number", tenant)]
    faults = list(faults_of(trail.service, Keys(trail.key), rows, seen))
    if head is not None and not faults:
        by_number = {row.number: row.digest for row in rows}
        if head["number"] and by_number.get(head["number"]) != head["digest"]:
            faults.append(Fault(head["number"], "the head of the chain names another entry, or one that was removed"))
    last, witnessed = rows[-1].number if rows else 0, max(seen, default=0)
    if faults:
        return Checked(trail.service, tenant, f"{len(rows)} entries", faults)
    untold = f", {last - witnessed} after that not yet" if last > witnessed else ""
    proof = f"none changed, removed or inserted; witnessed up to {witnessed}{untold}"
    head_told = f"; head {rows[-1].digest.hex()[:16]}" if rows else ""
    return Checked(trail.service, tenant, f"{len(rows)} entries: {proof}{head_told}", [])


def _line(service: str, keys: Keys, row: Row) -> list[Any]:
    key = keys.get(row.key_id)
    try:
        origin, reason = (key.unseal_origin(row.origin), key.unseal_reason(row.reason)) if key else ("?", "?")
    except ValueError:
        origin, reason = "changed", "changed"
    at = row.at.astimezone(KOREA).isoformat(sep=" ", timespec="milliseconds")
    whose = row.person_id or ""
    said = "" if row.details == "{}" else row.details
    return [
        *(at, service, row.number, row.actor, row.permissions, origin, row.action, row.subject, whose, reason, said),
        row.digest.hex(),
    ]


async def _seen(witness: Database, service: str) -> Seen:
    found: Seen = {}
    async with witness.read("*") as reader:
        rows = await reader.fetch("SELECT tenant, number, digest FROM audit_heads_seen WHERE service = $1", service)
    for row in rows:
        found.setdefault(row["tenant"], {}).setdefault(row["number"], set()).add(row["digest"])
    return found


async def _tenants(database: Database) -> set[str]:
    async with database.read("*") as reader:
        return {row["tenant"] for row in await reader.fetch(_TENANTS)}
