"""The provider's own books in SQLite: tokens, payments, refunds, and each movement of money once."""

from typing import Any

import msgspec

from jangteo.sandbox import delivery, idempotency
from jangteo.sandbox.database import Database
from jangteo.sandbox.pay.cards import Behaviour
from jangteo.sandbox.pay.domain import Card, Payment, Refund
from jangteo.sandbox.problems import Refusal, Unknown

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, brand TEXT NOT NULL, last4 TEXT NOT NULL, expiry TEXT NOT NULL,
    behaviour TEXT NOT NULL, created_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_age ON tokens (created_at);

CREATE TABLE IF NOT EXISTS card_pages (
    key TEXT PRIMARY KEY, reference TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    return_url TEXT NOT NULL, token TEXT NOT NULL, abandoned INTEGER NOT NULL, spent INTEGER NOT NULL,
    expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS card_pages_token ON card_pages (token) WHERE token <> '';
CREATE INDEX IF NOT EXISTS card_pages_age ON card_pages (expires_at);

CREATE TABLE IF NOT EXISTS payments (
    id TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, status TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    captured_amount INTEGER NOT NULL CHECK (captured_amount BETWEEN 0 AND amount),
    refunded_amount INTEGER NOT NULL CHECK (refunded_amount BETWEEN 0 AND captured_amount),
    brand TEXT NOT NULL, last4 TEXT NOT NULL, expiry TEXT NOT NULL, behaviour TEXT NOT NULL, decline_code TEXT,
    capture_at_once INTEGER NOT NULL, confirmation_key TEXT UNIQUE, return_url TEXT,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, expires_at REAL
);
CREATE INDEX IF NOT EXISTS payments_reference ON payments (reference);
CREATE INDEX IF NOT EXISTS payments_expiry ON payments (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS refunds (
    id TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL REFERENCES payments (id),
    amount INTEGER NOT NULL CHECK (amount > 0), reference TEXT, created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS refunds_payment ON refunds (payment_id);

CREATE TABLE IF NOT EXISTS balance_transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id), refund_id TEXT REFERENCES refunds (id), reference TEXT,
    created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS balance_transactions_time ON balance_transactions (created_at);
"""
    + delivery.SCHEMA
    + idempotency.SCHEMA
)

_COLUMNS = Payment.__struct_fields__
_INSERT = f"INSERT INTO payments ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM payments"


class TokenUnknown(Unknown):
    """No such token, or it has lapsed."""

    status = 422
    code = "token_unknown"
    detail = "There is no such token, or it has lapsed."


class TokenSpent(Refusal):
    """A token of a card page pays once."""

    status = 422
    code = "token_spent"
    detail = "The token has been used."


class AmountNotShown(Refusal):
    """A token of a card page pays what its reader was shown."""

    status = 422
    code = "amount_not_shown"
    detail = "The amount is not the one that the card holder was shown."


def save_token(database: Database, token: str, card: Card, now: float) -> None:
    """Keep what stays of a card."""
    database.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)",
        *(token, card.brand, card.last4, card.expiry, card.behaviour, now),
    )


def load_card(database: Database, token: str) -> Card:
    """Return the card of a token; raises TokenUnknown."""
    row = database.row("SELECT brand, last4, expiry, behaviour FROM tokens WHERE token = ?", token)
    if row is None:
        raise TokenUnknown(field="token")
    return Card(row[0], row[1], row[2], Behaviour(row[3]))


def spend_token(database: Database, token: str, amount: int, currency: str) -> None:
    """Use up the token of a card page; others may be used again. Raises TokenSpent, AmountNotShown."""
    row = database.row("SELECT amount, currency, spent FROM card_pages WHERE token = ?", token)
    if row is None:
        return
    if row[2]:
        raise TokenSpent(field="token")
    if row[:2] != (amount, currency):
        raise AmountNotShown(field="amount")
    database.execute("UPDATE card_pages SET spent = 1 WHERE token = ?", token)


def insert_payment(database: Database, payment: Payment) -> None:
    """Add a new payment."""
    database.execute(_INSERT, *msgspec.structs.astuple(payment))


def update_payment(database: Database, payment: Payment) -> None:
    """Save what may change of a payment."""
    database.execute(
        "UPDATE payments SET status = ?, captured_amount = ?, refunded_amount = ?, decline_code = ?, updated_at = ?,"
        " expires_at = ? WHERE id = ?",
        *(payment.status, payment.captured_amount, payment.refunded_amount, payment.decline_code),
        *(payment.updated_at, payment.expires_at, payment.id),
    )


def load_payment(database: Database, payment_id: str) -> Payment:
    """Return a payment; raises Unknown."""
    return _one(database.row(f"{_SELECT} WHERE id = ?", payment_id))


def load_by_confirmation(database: Database, key: str) -> Payment:
    """Return the payment whose confirmation page has this key; raises Unknown."""
    return _one(database.row(f"{_SELECT} WHERE confirmation_key = ?", key))


def load_overdue(database: Database, now: float, limit: int = 100) -> list[Payment]:
    """Return payments whose confirmation or authorization has run out."""
    rows = database.rows(f"{_SELECT} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", now, limit)
    return [_payment(row) for row in rows]


def list_payments(database: Database, reference: str, status: str, after: str, limit: int) -> list[Payment]:
    """Return payments in the order they were made; an empty filter fits all, `after` is the last id seen."""
    wanted = {
        "reference = ?": reference,
        "status = ?": status,
        "rowid > (SELECT rowid FROM payments WHERE id = ?)": after,
    }
    used = {condition: value for condition, value in wanted.items() if value}
    where = f" WHERE {' AND '.join(used)}" if used else ""
    rows = database.rows(f"{_SELECT}{where} ORDER BY rowid LIMIT ?", *used.values(), limit)
    return [_payment(row) for row in rows]


def insert_refund(database: Database, refund: Refund) -> None:
    """Add a refund."""
    database.execute("INSERT INTO refunds VALUES (?, ?, ?, ?, ?)", *msgspec.structs.astuple(refund))


def list_refunds(database: Database, payment_id: str) -> list[Refund]:
    """Return the refunds of a payment, oldest first."""
    rows = database.rows("SELECT * FROM refunds WHERE payment_id = ? ORDER BY rowid", payment_id)
    return [msgspec.convert(dict(zip(Refund.__struct_fields__, row, strict=True)), Refund) for row in rows]


def record_movement(
    database: Database, payment: Payment, amount: int, now: float, refund: Refund | None = None
) -> None:
    """Write a movement of money into the balance: positive for a charge, negative for a refund."""
    database.execute(
        "INSERT INTO balance_transactions (type, amount, currency, payment_id, refund_id, reference, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *("refund" if refund else "charge", amount, payment.currency, payment.id),
        *(refund.id if refund else None, payment.reference, now),
    )


def list_movements(database: Database, start: float, end: float, after: int, limit: int) -> list[tuple[Any, ...]]:
    """Return movements from `start` up to but without `end` (unix seconds), oldest first."""
    return database.rows(
        "SELECT id, type, amount, currency, payment_id, refund_id, reference, created_at FROM balance_transactions"
        " WHERE created_at >= ? AND created_at < ? AND id > ? ORDER BY id LIMIT ?",
        *(start, end, after, limit),
    )


def forget_tokens(database: Database, before: float) -> None:
    """Drop the tokens made, and the card pages that ran out, before `before` (unix seconds)."""
    database.execute("DELETE FROM tokens WHERE created_at < ?", before)
    database.execute("DELETE FROM card_pages WHERE expires_at < ?", before)


def _one(row: tuple[Any, ...] | None) -> Payment:
    if row is None:
        raise Unknown
    return _payment(row)


def _payment(row: tuple[Any, ...]) -> Payment:
    return msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Payment, strict=False)
