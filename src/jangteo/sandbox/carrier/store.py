"""The carrier's own books in SQLite: parcels, the people on them for as long as needed, and what happened."""

from typing import Any

import msgspec

from jangteo.sandbox import delivery, idempotency
from jangteo.sandbox.carrier.domain import Event, Parcel, Party
from jangteo.sandbox.database import Database
from jangteo.sandbox.problems import Unknown

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS parcels (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, status TEXT NOT NULL, step INTEGER NOT NULL,
    sender_zip TEXT NOT NULL, recipient_zip TEXT NOT NULL, weight_grams INTEGER NOT NULL CHECK (weight_grams > 0),
    note TEXT NOT NULL, label_key TEXT NOT NULL UNIQUE, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    next_at REAL, sender BLOB, recipient BLOB
);
CREATE INDEX IF NOT EXISTS parcels_reference ON parcels (reference);
CREATE INDEX IF NOT EXISTS parcels_next ON parcels (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS parcels_people ON parcels (updated_at) WHERE next_at IS NULL AND recipient IS NOT NULL;

CREATE TABLE IF NOT EXISTS events (
    number TEXT NOT NULL REFERENCES parcels (number), sequence INTEGER NOT NULL, code TEXT NOT NULL,
    at REAL NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (number, sequence)
) WITHOUT ROWID;
"""
    + delivery.SCHEMA
    + idempotency.SCHEMA
)

_COLUMNS = Parcel.__struct_fields__
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM parcels"


def begin_numbers(database: Database, now: float) -> None:
    """Let serials of a new file begin at ten per second since 1970: a file that was thrown away had smaller ones."""
    database.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'parcels', ? WHERE NOT EXISTS"
        " (SELECT 1 FROM sqlite_sequence WHERE name = 'parcels')",
        int(now) * 10,
    )


def next_serial(database: Database) -> int:
    """Return the serial that the next parcel gets; valid inside the present transaction."""
    row = database.row("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'parcels'")
    assert row is not None, "begin_numbers comes first"  # noqa: S101 - a defect of ours, not a state of the world
    return int(row[0])


def insert_parcel(database: Database, parcel: Parcel, sender: Party, recipient: Party) -> None:
    """Add a parcel and the people on it."""
    names = (*_COLUMNS, "sender", "recipient")
    database.execute(
        f"INSERT INTO parcels ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        *msgspec.structs.astuple(parcel),
        *(msgspec.json.encode(sender), msgspec.json.encode(recipient)),
    )


def update_parcel(database: Database, parcel: Parcel) -> None:
    """Save how far a parcel is."""
    database.execute(
        "UPDATE parcels SET status = ?, step = ?, updated_at = ?, next_at = ? WHERE number = ?",
        *(parcel.status, parcel.step, parcel.updated_at, parcel.next_at, parcel.number),
    )


def load_parcel(database: Database, number: str) -> Parcel:
    """Return a parcel; raises Unknown."""
    return _one(database.row(f"{_SELECT} WHERE number = ?", number))


def load_label(database: Database, label_key: str) -> tuple[Parcel, Party, Party]:
    """Return a parcel with its sender and recipient; raises Unknown, also once the people are forgotten."""
    parcel = _one(database.row(f"{_SELECT} WHERE label_key = ? AND recipient IS NOT NULL", label_key))
    row = database.row("SELECT sender, recipient FROM parcels WHERE number = ?", parcel.number)
    sender, recipient = (msgspec.json.decode(blob, type=Party) for blob in row or ())
    return parcel, sender, recipient


def list_parcels(database: Database, reference: str, after: str, limit: int) -> list[Parcel]:
    """Return parcels in the order they were made; an empty filter fits all, `after` is the last number seen."""
    wanted = {"reference = ?": reference, "number > ?": after}
    used = {condition: value for condition, value in wanted.items() if value}
    where = f" WHERE {' AND '.join(used)}" if used else ""
    return [_parcel(row) for row in database.rows(f"{_SELECT}{where} ORDER BY number LIMIT ?", *used.values(), limit)]


def load_due(database: Database, now: float, limit: int = 100) -> list[Parcel]:
    """Return parcels whose next step is due."""
    return [_parcel(row) for row in database.rows(f"{_SELECT} WHERE next_at <= ? ORDER BY next_at LIMIT ?", now, limit)]


def next_due(database: Database) -> float | None:
    """Return when the next step of any parcel is due."""
    row = database.row("SELECT min(next_at) FROM parcels WHERE next_at IS NOT NULL")
    return None if row is None else row[0]


def hasten(database: Database, latest: float) -> None:
    """Let no next step be due later than `latest`."""
    database.execute("UPDATE parcels SET next_at = ? WHERE next_at > ?", latest, latest)


def insert_event(database: Database, event: Event) -> None:
    """Note what happened."""
    database.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", *msgspec.structs.astuple(event))


def list_events(database: Database, number: str) -> list[Event]:
    """Return what happened to a parcel, oldest first."""
    rows = database.rows("SELECT * FROM events WHERE number = ? ORDER BY sequence", number)
    return [msgspec.convert(dict(zip(Event.__struct_fields__, row, strict=True)), Event) for row in rows]


def forget_people(database: Database, before: float) -> None:
    """Forget who sent and got the parcels that ended before `before` (unix seconds)."""
    database.execute(
        "UPDATE parcels SET sender = NULL, recipient = NULL, note = '' WHERE next_at IS NULL AND recipient IS NOT NULL"
        " AND updated_at < ?",
        before,
    )


def _one(row: tuple[Any, ...] | None) -> Parcel:
    if row is None:
        raise Unknown
    return _parcel(row)


def _parcel(row: tuple[Any, ...]) -> Parcel:
    return msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Parcel)
