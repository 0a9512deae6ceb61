"""One SQLite file per provider: it outlives the provider's own death, and costs microseconds, not a server."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Database:
    """One connection, used from the event loop only; a transaction has no await in it, so none can interleave."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(schema)
        self._after_commit: list[Callable[[], None]] = []

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement.

        Outside a transaction it commits by itself, and that outlives the process but perhaps not a power cut.
        """
        return self._connection.execute(sql, values)

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it; what was given to `after_commit` runs once it is safe.

        It is on the disk then, as it is in the shop's own PostgreSQL: a power cut must not part the two.
        """
        self._after_commit.clear()
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._connection.execute("PRAGMA synchronous=NORMAL")
        for callback in self._after_commit:
            callback()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` right after the present transaction has committed."""
        self._after_commit.append(callback)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
