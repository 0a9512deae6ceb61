"""The mails in SQLite, the newest so many of them."""

import json
from typing import Any

import msgspec

from jangteo.sandbox.database import Database
from jangteo.sandbox.problems import Unknown

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at REAL NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
    size INTEGER NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    address TEXT NOT NULL, message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (address, message_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipients_message ON recipients (message_id);
CREATE TABLE IF NOT EXISTS named (
    name TEXT NOT NULL, recipients TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (name, recipients)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS named_message ON named (message_id);
"""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as a list shows it; sender and recipients are those of the envelope."""

    id: int
    received_at: float  # unix seconds
    sender: str
    recipients: list[str]
    subject: str
    size: int


def add(database: Database, mail: Mail, raw: bytes, most: int, name: str = "") -> int:
    """Keep a mail, drop all but the `most` newest, return its id.

    A second one of the same `name` (its Message-ID) for the same recipients is the first one, sent again by somebody
    who did not see that it was kept: nothing is added.
    """
    with database.transaction():
        recipients = json.dumps(sorted(address.lower() for address in mail.recipients))
        sql = "SELECT message_id FROM named WHERE name = ? AND recipients = ?"
        if name and (kept := database.row(sql, name, recipients)):
            return int(kept[0])
        cursor = database.execute(
            "INSERT INTO messages (received_at, sender, recipients, subject, size, raw) VALUES (?, ?, ?, ?, ?, ?)",
            *(mail.received_at, mail.sender, json.dumps(mail.recipients), mail.subject, mail.size, raw),
        )
        message_id = cursor.lastrowid or 0
        if name:
            database.execute("INSERT INTO named VALUES (?, ?, ?)", name, recipients, message_id)
        for address in dict.fromkeys(address.lower() for address in mail.recipients):
            database.execute("INSERT INTO recipients VALUES (?, ?)", address, message_id)
        database.execute("DELETE FROM messages WHERE id <= ?", message_id - most)
    return message_id


def listed(
    database: Database, *, to: str = "", subject: str = "", after: int = 0, before: int = 0, limit: int = 50
) -> list[Mail]:
    """Return mails, newest first. `to` is a whole address, or a part of one where it has no @; `subject` a part."""
    address = "address = ?" if "@" in to else "instr(address, ?) > 0"
    wanted: dict[str, Any] = {
        f"id IN (SELECT message_id FROM recipients WHERE {address})": to.lower(),
        "instr(lower(subject), lower(?)) > 0": subject,
        "id > ?": after,
        "id < ?": before,
    }
    used = {condition: value for condition, value in wanted.items() if value}
    where = f" WHERE {' AND '.join(used)}" if used else ""
    rows = database.rows(
        f"SELECT id, received_at, sender, recipients, subject, size FROM messages{where} ORDER BY id DESC LIMIT ?",
        *(*used.values(), limit),
    )
    return [_mail(row) for row in rows]


def load(database: Database, message_id: int) -> tuple[Mail, bytes]:
    """Return a mail and its source; raises Unknown."""
    row = database.row(
        "SELECT id, received_at, sender, recipients, subject, size, raw FROM messages WHERE id = ?", message_id
    )
    if row is None:
        raise Unknown
    return _mail(row[:-1]), row[-1]


def clear(database: Database) -> int:
    """Throw all mails away; return how many."""
    return database.execute("DELETE FROM messages").rowcount


def _mail(row: tuple[Any, ...]) -> Mail:
    message_id, received_at, sender, recipients, subject, size = row
    return Mail(
        id=message_id,
        received_at=received_at,
        sender=sender,
        recipients=json.loads(recipients),
        subject=subject,
        size=size,
    )
