"""Spans of SQL statements, for the few traces that are recorded; any other work keeps its bare connection."""

import re
from typing import Any

from jangteo.kit.telemetry import traces

PREFIX = "SQL "
_LONGEST = 4_000
_TOUCHED = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN)\s+([a-z_]+)")
_NAMED = re.compile(r"\b([a-z_]+) AS \(")
_VERBS = {"INSERT INTO": "insert", "UPDATE": "update", "DELETE FROM": "delete", "FROM": "read", "JOIN": "read"}


class TracedConnection:
    """A connection each of whose statements is a span, named by what it does to which tables, never by a value."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        """Return all rows."""
        with traces.client_span(summary(sql)):
            return await self._connection.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        """Return the first row."""
        with traces.client_span(summary(sql)):
            return await self._connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Return the first column of the first row."""
        with traces.client_span(summary(sql)):
            return await self._connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> Any:
        """Return the status."""
        with traces.client_span(summary(sql)):
            return await self._connection.execute(sql, *arguments)

    async def executemany(self, sql: str, rows: Any) -> None:
        """Run the statement for each row."""
        with traces.client_span(summary(sql)):
            await self._connection.executemany(sql, rows)


def traced(connection: Any) -> Any:
    """Return `connection`, wrapped where the present trace is recorded."""
    return TracedConnection(connection) if traces.is_recording() else connection


def summary(sql: str) -> str:
    """Return for instance `SQL begin, insert events, commit`."""
    text = sql[:_LONGEST]
    named = set(_NAMED.findall(text)) | {"unnest"}
    steps = ["begin"] if text.startswith("BEGIN") else []
    steps += [f"{_VERBS[verb]} {table}" for verb, table in _TOUCHED.findall(text) if table not in named]
    if sql.endswith("COMMIT"):
        steps.append("commit")
    if not steps:
        steps.append(text.split(None, 1)[0].lower() if text.strip() else "nothing")
    return PREFIX + ", ".join(dict.fromkeys(steps))
