"""Builders of orders in every situation, made the only way there is: by their events."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jangteo.order.domain import events as happened
from jangteo.order.domain.order import evolve

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORDER, MEMBER, PRODUCT = UUID(int=1), UUID(int=2), UUID(int=3)
FIRST, SECOND = UUID(int=11), UUID(int=12)
TOTAL = 25_000


def placed(**changes) -> happened.OrderPlaced:
    """Return the first event of an order of two pieces."""
    line = happened.Line(
        sku="A-1",
        product_id=PRODUCT,
        slug="a-1",
        name_ko="가",
        name_en="A",
        option="",
        picture="",
        quantity=2,
        unit_price=11_000,
        tax_free=False,
        weight_grams=500,
    )
    fields = {
        "number": "20261122-ABCDEFG",
        "member_id": MEMBER,
        "currency": "KRW",
        "lines": (line,),
        "items_total": 22_000,
        "delivery": happened.Delivery(base_fee=3_000, surcharge=0, zone="mainland"),
        "total": TOTAL,
        "vat": 2_273,
        "cart_id": None,
        "address": "sealed",
        "pay_until": NOW + timedelta(seconds=900),
        "hold_until": NOW + timedelta(seconds=1200),
    }
    return happened.OrderPlaced(**(fields | changes))


def order_after(*events):
    """Return the order that these events, after its placing, make."""
    order = None
    for event in (placed(), *events):
        order = evolve(order, ORDER, event)
    return order


CHOSEN = happened.PaymentChosen(payment_id=SECOND, provider="sandbox", token="tok")
EARLIER = (
    happened.PaymentChosen(payment_id=FIRST, provider="sandbox", token="bad"),
    happened.PaymentDeclined(payment_id=FIRST, reason="card_declined"),
)
HELD = happened.StockHeld(expires_at=NOW)
ASKED = (HELD, *EARLIER, CHOSEN)
AUTHORISED = (*ASKED, happened.PaymentAuthorised(payment_id=SECOND))
PAID = (*AUTHORISED, happened.PaymentCaptured(payment_id=SECOND, amount=TOTAL))
SOLD = (*PAID, happened.StockSold())
PREPARED = (*SOLD, happened.ShipmentPrepared(carrier="c", tracking_number="t"))
SHIPPED = (*PREPARED, happened.Shipped(carrier="c", tracking_number="t", since=NOW))
CANCEL = happened.CancellationStarted(reason="buyer.cancelled")
STOPPED = (*PREPARED, CANCEL, happened.ShipmentStopped())
MONEY_BACK, STOCK_BACK = happened.MoneyReturned(refunded=TOTAL), happened.StockReturned()

# Every situation that the rules tell apart.
SITUATIONS = {
    "placed": (),
    "reserved": (HELD,),
    "asked": ASKED,
    "confirming": (*ASKED, happened.ConfirmationAsked(payment_id=SECOND, url="https://pay")),
    "declined": (HELD, *EARLIER, CHOSEN, happened.PaymentDeclined(payment_id=SECOND, reason="card_declined")),
    "authorised": AUTHORISED,
    "paid": PAID,
    "sold": SOLD,
    "prepared": PREPARED,
    "handed_over": (*PREPARED, CANCEL, happened.CancellationRefused()),
    "reported": (*PREPARED, happened.DeliveryReported(since=NOW)),
    "shipped": SHIPPED,
    "shipped_after_refusal": (
        *(*PREPARED, CANCEL, happened.CancellationRefused()),
        happened.Shipped(carrier="c", tracking_number="t", since=NOW),
    ),
    "delivered": (*SHIPPED, happened.Delivered(since=NOW)),
    "rejected": (happened.Rejected(reason="stock.insufficient", skus=("A-1",)),),
    "cancelling_unasked": (HELD, CANCEL),
    "cancelling_asked": (*ASKED, CANCEL),
    "cancelling_paid": (*PAID, CANCEL),
    "cancelling_sold": (*PREPARED, CANCEL),
    "cancelling_stopped": STOPPED,
    "cancelling_money_back": (*STOPPED, MONEY_BACK),
    "cancelling_stock_back": (*STOPPED, STOCK_BACK),
    "cancelled": (
        *(*STOPPED, MONEY_BACK, STOCK_BACK),
        happened.Cancelled(reason="buyer.cancelled", refunded=TOTAL),
    ),
}


@pytest.fixture(scope="session")
def situations():
    """Each situation by its name."""
    return {name: order_after(*events) for name, events in SITUATIONS.items()}


@pytest.fixture(scope="session")
def build():
    """How tests make an order of their own."""
    return order_after


@pytest.fixture(scope="session")
def placing():
    """How tests make a first event of their own."""
    return placed


@pytest.fixture(scope="session")
def situation_events():
    """The events of each situation, a second apart."""
    return {
        name: [(event, NOW + timedelta(seconds=index)) for index, event in enumerate((placed(), *events))]
        for name, events in SITUATIONS.items()
    }
