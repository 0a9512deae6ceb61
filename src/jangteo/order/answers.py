"""From the views that are stored to what the API answers, in the reader's language."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any

from jangteo.contracts.order import MailLine, OrderSummary
from jangteo.order.domain.address import Address
from jangteo.order.domain.events import Delivery, Line
from jangteo.order.domain.number import SEOUL
from jangteo.order.domain.pricing import CURRENCY, Price
from jangteo.order.domain.refund import Refund, RefundState, pending
from jangteo.order.domain.refunding import REFUNDABLE
from jangteo.order.queries import Words
from jangteo.order.schemas import (
    AddressAnswer,
    DeliveryAnswer,
    EntryAnswer,
    FiguresAnswer,
    LineAnswer,
    OrderAnswer,
    OrderDetail,
    OrderItem,
    PaymentAnswer,
    QuoteAnswer,
    RefundAnswer,
    RefundLineAnswer,
    ShipmentAnswer,
    Statistics,
)
from jangteo.order.states import State
from jangteo.order.statistics import Figures, Step
from jangteo.order.story import Entry, View
from jangteo.order.tallies import Tally
from jangteo.order.wording import HAPPENINGS, REFUND_STATES, STATUSES, decline_label, reason_label

_PAYABLE = (State.PLACED, State.RESERVED)


def order(view: View, language: str) -> OrderAnswer:
    """Return an order as it is told after a request that changed it."""
    return OrderAnswer(**_fields(view, language))


def detail(view: View, language: str, words: Words) -> OrderDetail:
    """Return everything there is to see of an order; `words` are unsealed, as far as the reader may see."""
    body = view.body
    shipment = None
    if body.shipment is not None:
        shipment = ShipmentAnswer(
            carrier=body.shipment.carrier,
            tracking_number=body.shipment.tracking_number,
            delivered_at=body.delivered_at,
        )
    return OrderDetail(
        **_fields(view, language),
        member_id=view.member_id,
        version=view.version,
        updated_at=view.updated_at,
        cancellable=body.cancellable,
        cancel_refused=body.cancel_refused,
        cancel_note=words.note,
        shipment=shipment,
        address=None if words.address is None else address(words.address),
        refundable=refundable(view),
        refunds=[_refund(refund, view, language, words.reasons.get(refund.refund_id)) for refund in body.refunds],
        timeline=[entry(point, language) for point in body.timeline],
    )


def refundable(view: View) -> int:
    """Return what staff can still give back, in minor units: the rule of `refunding`, on a view."""
    if view.status not in REFUNDABLE:
        return 0
    return max(view.total - view.body.refunded - pending(view.body.refunds), 0)


def _refund(refund: Refund, view: View, language: str, reason: str | None) -> RefundAnswer:
    open_at_the_end = view.status == State.CANCELLED and refund.state is RefundState.REQUESTED
    state = "superseded" if open_at_the_end else refund.state.value
    return RefundAnswer(
        refund_id=refund.refund_id,
        amount=refund.amount,
        state=state,
        state_label=REFUND_STATES[state].get(language),
        failure=refund.failure,
        reason=reason,
        lines=[RefundLineAnswer(sku=line.sku, quantity=line.quantity) for line in refund.lines],
        shipping_fee=refund.shipping_fee,
        restock=refund.restock,
        restocked=refund.restocked,
    )


def item(view: View, language: str) -> OrderItem:
    """Return an order as it stands in a list."""
    lines = view.body.lines
    first = lines[0].name_ko if language == "ko" else lines[0].name_en
    more = f" 외 {len(lines) - 1}건" if language == "ko" else f" and {len(lines) - 1} more"
    return OrderItem(
        order_id=view.order_id,
        order_number=view.number,
        member_id=view.member_id,
        status=view.status,
        status_label=STATUSES[view.status].get(language),
        title=first + (more if len(lines) > 1 else ""),
        picture=lines[0].picture,
        lines=len(lines),
        total=view.total,
        currency=view.body.currency,
        placed_at=view.placed_at,
        updated_at=view.updated_at,
    )


def entry(point: Entry, language: str) -> EntryAnswer:
    """Return a point of the time line; who acted is told by kind only."""
    return EntryAnswer(
        version=point.version,
        at=point.at,
        what=point.what,
        label=HAPPENINGS[point.what].get(language),
        status=point.status,
        status_label=STATUSES[point.status].get(language),
        actor=point.actor.partition(":")[0],
        amount=point.amount,
    )


def statistics(figures: Figures, first: date, last: date, step: Step) -> Statistics:
    """Return the shop's figures."""
    return Statistics(
        step=step.value,
        zone=SEOUL.key,
        currency=CURRENCY,
        first=first,
        last=last,
        total=_figures(figures.total),
        items=[_figures(tally) for tally in figures.steps],
    )


def quote(price: Price, language: str) -> QuoteAnswer:
    """Return what an order would cost."""
    return QuoteAnswer(
        currency=CURRENCY,
        lines=_lines(price.lines, language),
        items_total=price.items_total,
        shipping=_delivery(price.delivery),
        total=price.total,
        vat=price.vat,
        free_over_missing=price.free_over_missing,
        order_by=price.order_by,
    )


def summary(view: View) -> OrderSummary:
    """Return what other services may know of an order."""
    body = view.body
    return OrderSummary(
        order_id=view.order_id,
        order_number=view.number,
        member_id=view.member_id,
        status=view.status,
        currency=body.currency,
        items_total=body.items_total,
        shipping_fee=body.delivery.fee,
        total=view.total,
        placed_at=view.placed_at,
        lines=[
            MailLine(
                sku=line.sku,
                name_ko=line.name_ko,
                name_en=line.name_en,
                option=line.option,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in body.lines
        ],
    )


def _figures(tally: Tally) -> FiguresAnswer:
    return FiguresAnswer(
        start=tally.hour.astimezone(UTC),
        placed=tally.placed,
        placed_total=tally.placed_total,
        paid=tally.paid,
        sales=tally.sales,
        refunded=tally.refunded,
        net_sales=tally.sales - tally.refunded,
        converted=tally.converted,
        conversion=tally.converted / tally.placed if tally.placed else None,
        cancelled=tally.cancelled,
        rejected=tally.rejected,
    )


def _fields(view: View, language: str) -> dict[str, Any]:
    body = view.body
    return {
        "order_id": view.order_id,
        "order_number": view.number,
        "status": view.status,
        "status_label": STATUSES[view.status].get(language),
        "reason": body.reason,
        "reason_label": reason_label(body.reason, language),
        "currency": body.currency,
        "lines": _lines(body.lines, language),
        "items_total": body.items_total,
        "shipping": _delivery(body.delivery),
        "total": view.total,
        "vat": body.vat,
        "refunded": body.refunded,
        "placed_at": view.placed_at,
        "pay_until": body.pay_until,
        "payment": PaymentAnswer(
            stage=body.payment.stage,
            payment_id=body.payment.payment_id,
            reason=body.payment.reason,
            reason_label=decline_label(body.payment.reason, language),
            url=body.payment.url,
            retry_until=body.pay_until if view.status in _PAYABLE else None,
        ),
    }


def _lines(lines: Sequence[Line], language: str) -> list[LineAnswer]:
    return [
        LineAnswer(
            sku=line.sku,
            product_id=line.product_id,
            slug=line.slug,
            name=line.name_ko if language == "ko" else line.name_en,
            name_ko=line.name_ko,
            name_en=line.name_en,
            option=line.option,
            picture=line.picture,
            quantity=line.quantity,
            unit_price=line.unit_price,
            total=line.unit_price * line.quantity,
            tax_free=line.tax_free,
        )
        for line in lines
    ]


def _delivery(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        fee=delivery.fee,
        base_fee=delivery.base_fee,
        surcharge=delivery.surcharge,
        zone=delivery.zone,
        arrives_from=delivery.arrives_from,
        arrives_until=delivery.arrives_until,
    )


def address(where: Address) -> AddressAnswer:
    """Return an address as the API tells it."""
    return AddressAnswer(
        recipient=where.recipient,
        phone=where.phone,
        zip=where.zip,
        address1=where.address1,
        address2=where.address2,
        note=where.note,
    )
