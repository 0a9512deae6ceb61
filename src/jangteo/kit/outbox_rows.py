"""How the rows of the outbox are written: beside a COMMIT, or within the one statement of a message's handler."""

from collections.abc import Sequence
from typing import Any

from jangteo.kit.bus.interface import Outgoing


def quoted(text: str) -> str:
    """Return `text` as a literal of SQL. Raises ValueError for what PostgreSQL cannot store."""
    if "\0" in text:
        raise ValueError("a text for PostgreSQL contains NUL")
    return "'" + text.replace("'", "''") + "'"


def insertion(tenant: str, rows: Sequence[Outgoing]) -> str:
    """Return the statement that stores `rows`, without parameters: so it travels together with the COMMIT.

    Raises ValueError for what PostgreSQL cannot store.
    """
    values = ", ".join(
        f"('{row.id}', {quoted(tenant)}, {quoted(row.type)}, {quoted(row.key)}, '\\x{row.body.hex()}')" for row in rows
    )
    return f"INSERT INTO outbox (id, tenant, type, key, body) VALUES {values}"


def columns(rows: Sequence[Outgoing]) -> list[Any]:
    """Return ids, types, keys and bodies as the arrays that a prepared statement takes."""
    return [[row.id for row in rows], [row.type for row in rows], [row.key for row in rows], [row.body for row in rows]]
