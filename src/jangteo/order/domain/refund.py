"""Money that staff give back of an order that goes on: what was asked for, and what came of it."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec.structs import replace

from jangteo.order.domain import events as happened


class RefundState(StrEnum):
    """How far a refund has come."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund; `reason` is sealed, `lines` and `shipping_fee` say what it is for, as far as that was said.

    One that was made at the payment itself has neither. `by` is who asked for it.
    """

    refund_id: UUID
    amount: int
    state: RefundState = RefundState.REQUESTED
    payment_id: UUID | None = None
    by: UUID | None = None
    lines: tuple[happened.RefundLine, ...] = ()
    shipping_fee: int = 0
    restock: bool = False
    restocked: bool = False
    reason: str = ""
    failure: str = ""


Refunds = tuple[Refund, ...]


def find(refunds: Iterable[Refund], refund_id: UUID) -> Refund | None:
    """Return the refund with this id, or None."""
    return next((refund for refund in refunds if refund.refund_id == refund_id), None)


def pending(refunds: Iterable[Refund]) -> int:
    """Return the sum of what was asked for and is not decided, in minor units."""
    return sum(refund.amount for refund in refunds if refund.state is RefundState.REQUESTED)


def requested(refunds: Refunds, event: happened.RefundRequested) -> Refunds:
    """Return the refunds with a new one."""
    new = Refund(
        refund_id=event.refund_id,
        payment_id=event.payment_id,
        by=event.by,
        amount=event.amount,
        lines=event.lines,
        shipping_fee=event.shipping_fee,
        restock=event.restock,
        reason=event.reason,
    )
    return (*refunds, new)


def succeeded(refunds: Refunds, event: happened.Refunded) -> Refunds:
    """Return the refunds after one was given back, be it one that nobody asked the order for."""
    if find(refunds, event.refund_id) is None:
        made = Refund(refund_id=event.refund_id, amount=event.amount, state=RefundState.SUCCEEDED)
        return (*refunds, made)
    return _changed(refunds, event.refund_id, state=RefundState.SUCCEEDED, failure="")


def failed(refunds: Refunds, event: happened.RefundFailed) -> Refunds:
    """Return the refunds after one came to nothing."""
    return _changed(refunds, event.refund_id, state=RefundState.FAILED, failure=event.reason)


def restocked(refunds: Refunds, event: happened.GoodsRestocked) -> Refunds:
    """Return the refunds after the goods of one are back."""
    return _changed(refunds, event.refund_id, restocked=True)


def _changed(refunds: Refunds, refund_id: UUID, **fields: object) -> Refunds:
    return tuple(replace(refund, **fields) if refund.refund_id == refund_id else refund for refund in refunds)
