"""The states of a payment at the provider, and the only moves between them.

                           ┌─ expire ─> expired <── expire ──┐
                           │                                 │
    requires_confirmation ─┼─ approve ──────────> authorized ┼─ capture ─> captured ─ refund_all ─> refunded
                           │                                 │
                           ├─ decline ─> declined            │
                           └─ void ────> voided <─── void ───┘

A payment begins in requires_confirmation, authorized or declined, as its card has it; a refund of a part leaves
it captured.
"""

from enum import StrEnum


class Status(StrEnum):
    """Where a payment is."""

    REQUIRES_CONFIRMATION = "requires_confirmation"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"


class Move(StrEnum):
    """What can be done to a payment."""

    APPROVE = "approve"
    DECLINE = "decline"
    CAPTURE = "capture"
    REFUND_ALL = "refund_all"
    VOID = "void"
    EXPIRE = "expire"


MOVES: dict[tuple[Status, Move], Status] = {
    (Status.REQUIRES_CONFIRMATION, Move.APPROVE): Status.AUTHORIZED,
    (Status.REQUIRES_CONFIRMATION, Move.DECLINE): Status.DECLINED,
    (Status.REQUIRES_CONFIRMATION, Move.VOID): Status.VOIDED,
    (Status.REQUIRES_CONFIRMATION, Move.EXPIRE): Status.EXPIRED,
    (Status.AUTHORIZED, Move.CAPTURE): Status.CAPTURED,
    (Status.AUTHORIZED, Move.VOID): Status.VOIDED,
    (Status.AUTHORIZED, Move.EXPIRE): Status.EXPIRED,
    (Status.CAPTURED, Move.REFUND_ALL): Status.REFUNDED,
}


class IllegalMove(Exception):
    """The state does not allow the move; the commands say it in their own words."""


def move(status: Status, by: Move) -> Status:
    """Return the state that follows; raises IllegalMove."""
    try:
        return MOVES[status, by]
    except KeyError:
        raise IllegalMove(f"{by} from {status}") from None
