"""The ledger: every movement names the account that receives and the one that gives, so each balances by itself.

capture   provider_receivable  <──  customer_payments     the provider owes us what the buyer paid
refund    customer_refunds     <──  provider_receivable   it pays back out of that
"""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec


class Account(StrEnum):
    """Where money is booked."""

    PROVIDER_RECEIVABLE = "provider_receivable"
    CUSTOMER_PAYMENTS = "customer_payments"
    CUSTOMER_REFUNDS = "customer_refunds"


class Kind(StrEnum):
    """Why money moved."""

    CAPTURE = "capture"
    REFUND = "refund"


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money going from `credit` to `debit`; `reference` is unique within its kind: nothing is booked twice."""

    kind: Kind
    debit: Account
    credit: Account
    amount: int
    currency: str
    reference: UUID


def capture(payment_id: UUID, amount: int, currency: str) -> Movement:
    """Book that the provider took `amount` minor units for us."""
    return _movement(Kind.CAPTURE, Account.PROVIDER_RECEIVABLE, Account.CUSTOMER_PAYMENTS, amount, currency, payment_id)


def refund(refund_id: UUID, amount: int, currency: str) -> Movement:
    """Book that the provider gave `amount` minor units back."""
    return _movement(Kind.REFUND, Account.CUSTOMER_REFUNDS, Account.PROVIDER_RECEIVABLE, amount, currency, refund_id)


def balances(movements: Iterable[Movement]) -> dict[tuple[Account, str], int]:
    """Return the balance of each account and currency, debits positive; together they are zero per currency."""
    sums: dict[tuple[Account, str], int] = {}
    for movement in movements:
        for account, amount in ((movement.debit, movement.amount), (movement.credit, -movement.amount)):
            sums[account, movement.currency] = sums.get((account, movement.currency), 0) + amount
    return sums


def _movement(kind: Kind, debit: Account, credit: Account, amount: int, currency: str, reference: UUID) -> Movement:
    if amount <= 0:
        raise ValueError("a movement is of at least one minor unit")
    return Movement(kind=kind, debit=debit, credit=credit, amount=amount, currency=currency, reference=reference)
