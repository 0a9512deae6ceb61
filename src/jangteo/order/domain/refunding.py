"""What staff may give back of an order that goes on, and when it is refused: exact to the won, never more than paid."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from jangteo.kit.errors import Conflict, Invalid
from jangteo.kit.eventstore import DomainEvent
from jangteo.order.domain import events as happened
from jangteo.order.domain.order import Order
from jangteo.order.domain.refund import RefundState, pending
from jangteo.order.states import State

REFUNDABLE = (State.PAID, State.SHIPPED, State.DELIVERED)


class NotRefundable(Conflict):
    """The order is not paid, or is being cancelled as a whole."""

    code = "order.not_refundable"
    ko = "환불할 수 있는 주문이 아닙니다. (상태: {status})"
    en = "Nothing can be refunded of this order (status: {status})."


class RefundTooLarge(Invalid):
    """More than is left of what was paid."""

    code = "order.refund_too_large"
    ko = "환불 가능 금액은 {left:,}원입니다."
    en = "No more than {left:,} won is left to refund."


class NotInOrder(Invalid):
    """The order has no such line."""

    code = "order.refund_line_unknown"
    ko = "이 주문에 없는 상품입니다: {sku}"
    en = "The order has no {sku}."


class TooManyPieces(Invalid):
    """More pieces than were bought and not given back yet."""

    code = "order.refund_quantity"
    ko = "환불 가능 수량은 {left}개입니다: {sku}"
    en = "No more than {left} of {sku} can be refunded."


class FeeTooLarge(Invalid):
    """More than is left of the delivery fee."""

    code = "order.refund_fee"
    ko = "환불 가능한 배송비는 {left:,}원입니다."
    en = "No more than {left:,} won of the delivery fee is left to refund."


class OneWayOnly(Invalid):
    """Either lines and the fee are given back, or an amount of nothing in particular."""

    code = "order.refund_one_way"
    ko = "상품·배송비와 금액 중 하나만 지정해야 합니다."
    en = "Give either lines and fee, or an amount."


class RestockWhat(Invalid):
    """Goods come back only with the lines that name them."""

    code = "order.refund_restock"
    ko = "재입고할 상품을 선택해야 합니다."
    en = "Choose the lines whose goods come back."


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What staff want to give back: pieces by SKU and a part of the fee, or an amount; in minor units."""

    pieces: Mapping[str, int]
    shipping_fee: int
    amount: int | None
    restock: bool


def refundable(order: Order) -> int:
    """Return what can still be given back, what is under way taken off; 0 where nothing can."""
    if order.state not in REFUNDABLE:
        return 0
    return max(order.placed.total - order.refunded - pending(order.refunds), 0)


def pieces_left(order: Order) -> dict[str, int]:
    """Return how many pieces of each SKU were bought and not given back, in the order of the lines."""
    left = {line.sku: line.quantity for line in order.placed.lines}
    for refund in order.refunds:
        if refund.state is not RefundState.FAILED:
            for line in refund.lines:
                left[line.sku] -= line.quantity
    return left


def fee_left(order: Order) -> int:
    """Return what is left of the delivery fee, in minor units."""
    given = sum(refund.shipping_fee for refund in order.refunds if refund.state is not RefundState.FAILED)
    return order.placed.delivery.fee - given


def request(order: Order, refund_id: UUID, by: UUID, wanted: Wanted, reason: str) -> list[DomainEvent]:
    """Return the beginning of a refund; `reason` is sealed.

    Raises NotRefundable, or the Invalid that names what is wrong with `wanted`.
    """
    attempt = order.attempt
    if order.state not in REFUNDABLE or attempt is None:
        raise NotRefundable(status=order.state.value)
    in_particular = bool(wanted.pieces) or wanted.shipping_fee > 0
    if in_particular == (wanted.amount is not None):
        raise OneWayOnly(field="amount")
    if wanted.restock and not wanted.pieces:
        raise RestockWhat(field="restock")
    amount = _worth(order, wanted) if wanted.amount is None else wanted.amount
    if not 0 < amount <= refundable(order):
        raise RefundTooLarge(field="lines" if wanted.amount is None else "amount", left=refundable(order))
    return [
        happened.RefundRequested(
            refund_id=refund_id,
            payment_id=attempt.payment_id,
            by=by,
            amount=amount,
            lines=tuple(happened.RefundLine(sku=sku, quantity=count) for sku, count in wanted.pieces.items()),
            shipping_fee=wanted.shipping_fee,
            restock=wanted.restock,
            reason=reason,
        )
    ]


def _worth(order: Order, wanted: Wanted) -> int:
    """Return what the pieces cost when they were bought, and the fee. Raises what is wrong with them."""
    left, prices = pieces_left(order), {line.sku: line.unit_price for line in order.placed.lines}
    for place, (sku, count) in enumerate(wanted.pieces.items()):
        if sku not in left:
            raise NotInOrder(field=f"lines[{place}].sku", sku=sku)
        if count > left[sku]:
            raise TooManyPieces(field=f"lines[{place}].quantity", sku=sku, left=left[sku])
    if wanted.shipping_fee > fee_left(order):
        raise FeeTooLarge(field="shipping_fee", left=fee_left(order))
    return sum(prices[sku] * count for sku, count in wanted.pieces.items()) + wanted.shipping_fee
