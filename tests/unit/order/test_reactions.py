"""Every message in every situation: each of the cells below happens, is late, or contradicts; there is no fourth."""

from datetime import UTC, datetime
from itertools import product as pairs
from uuid import UUID

import pytest

from jangteo.contracts import payment, product, shipping
from jangteo.order.domain.reactions import RULES, UnexpectedMessage, react

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORDER, FIRST, SECOND, STRANGE, REFUND = (UUID(int=number) for number in (1, 11, 12, 13, 21))
TOTAL = 25_000

OF_FIRST, OF_SECOND = ({"order_id": ORDER, "payment_id": attempt} for attempt in (FIRST, SECOND))
WHOLE = {"amount": TOTAL, "currency": "KRW"}
PARCEL = {"order_id": ORDER, "shipment_id": UUID(int=31)}
TRACKED = {"carrier": "c", "tracking_number": "t"}

MESSAGES = {
    "stock_reserved": product.StockReserved(order_id=ORDER, expires_at=NOW),
    "stock_refused": product.StockRefused(
        order_id=ORDER, shortages=[product.Shortage(sku="A-1", asked=2, available=0)]
    ),
    "reservation_expired": product.ReservationExpired(order_id=ORDER),
    "stock_committed": product.StockCommitted(order_id=ORDER),
    "stock_commit_failed": product.StockCommitFailed(order_id=ORDER, shortages=[]),
    "stock_released": product.StockReleased(order_id=ORDER),
    "action_required": payment.PaymentActionRequired(**OF_SECOND, url="https://pay"),
    "declined": payment.PaymentDeclined(**OF_SECOND, reason="card_declined"),
    "declined_earlier": payment.PaymentDeclined(**OF_FIRST, reason="card_declined"),
    "authorised": payment.PaymentAuthorised(**OF_SECOND, **WHOLE),
    "authorised_earlier": payment.PaymentAuthorised(**OF_FIRST, **WHOLE),
    "authorised_less": payment.PaymentAuthorised(**OF_SECOND, amount=TOTAL - 1, currency="KRW"),
    "captured": payment.PaymentCaptured(**OF_SECOND, **WHOLE),
    "captured_less": payment.PaymentCaptured(**OF_SECOND, amount=TOTAL - 1, currency="KRW"),
    "captured_strange": payment.PaymentCaptured(order_id=ORDER, payment_id=STRANGE, **WHOLE),
    "capture_failed": payment.PaymentCaptureFailed(**OF_SECOND, reason="expired"),
    "capture_failed_earlier": payment.PaymentCaptureFailed(**OF_FIRST, reason="expired"),
    "payment_cancelled": payment.PaymentCancelled(order_id=ORDER, refunded=TOTAL, currency="KRW"),
    "refunded_part": payment.PaymentRefunded(
        **OF_SECOND, refund_id=REFUND, amount=1_000, refunded_in_all=1_000, currency="KRW"
    ),
    "refunded_all": payment.PaymentRefunded(
        **OF_SECOND, refund_id=REFUND, amount=TOTAL, refunded_in_all=TOTAL, currency="KRW"
    ),
    "refund_failed": payment.PaymentRefundFailed(**OF_SECOND, refund_id=REFUND, reason="refused"),
    "goods_restocked": product.GoodsRestocked(order_id=ORDER, return_id=REFUND),
    "shipment_created": shipping.ShipmentCreated(**PARCEL, **TRACKED),
    "shipment_dispatched": shipping.ShipmentDispatched(**PARCEL, **TRACKED, at=NOW),
    "shipment_delivered": shipping.ShipmentDelivered(**PARCEL, at=NOW),
    "shipment_cancelled": shipping.ShipmentCancelled(order_id=ORDER),
    "shipment_cancel_refused": shipping.ShipmentCancelRefused(order_id=ORDER),
}

UNPAID = "placed reserved asked confirming declined"
TO_SEND = "sold prepared handed_over reported"
OUT = "shipped shipped_after_refusal delivered"
GIVING_BACK = (
    "cancelling_unasked cancelling_asked cancelling_paid cancelling_sold cancelling_stopped cancelling_money_back"
    " cancelling_stock_back"
)
WITH_MONEY = "cancelling_asked cancelling_paid cancelling_stopped cancelling_stock_back"

# message -> {what happens: in which situations}; "late" is what the order has gone past, and what is
# not listed contradicts what the order knows.
EXPECTED = {
    "stock_reserved": {
        "stock_held": "placed",
        "stray_stock_returned": "rejected",
        "late": f"reserved asked confirming declined authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "stock_refused": {
        "rejected": "placed",
        "late": f"reserved asked confirming declined authorised paid {TO_SEND} {OUT} rejected {GIVING_BACK} cancelled",
    },
    "reservation_expired": {
        "cancellation_started": UNPAID,
        "late": f"authorised paid {TO_SEND} {OUT} rejected {GIVING_BACK} cancelled",
    },
    "stock_committed": {"stock_sold": "paid", "late": f"{TO_SEND} {OUT} {GIVING_BACK} cancelled"},
    "stock_commit_failed": {"cancellation_started": "paid", "late": f"{GIVING_BACK} cancelled"},
    "stock_released": {
        "stock_returned": "cancelling_asked cancelling_paid cancelling_stopped",
        "stock_returned cancelled": "cancelling_unasked cancelling_money_back",
        "late": "cancelling_stock_back rejected cancelled",
    },
    "action_required": {
        "confirmation_asked": "asked",
        "late": f"confirming declined authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "declined": {
        "payment_declined": "asked confirming",
        "cancellation_started": "authorised",
        "late": f"declined {GIVING_BACK} cancelled",
    },
    "declined_earlier": {
        "late": f"asked confirming declined authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "authorised": {
        "payment_authorised": "asked confirming",
        "late": f"authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "authorised_earlier": {"late": f"{GIVING_BACK} cancelled"},
    "authorised_less": {
        "cancellation_started": "asked confirming",
        "late": f"authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "captured": {
        "payment_authorised payment_captured": "asked confirming",
        "payment_captured": "authorised",
        "late": f"paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "captured_less": {
        "payment_authorised payment_captured cancellation_started": "asked confirming",
        "payment_captured cancellation_started": "authorised",
        "late": f"paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "captured_strange": {"late": f"{GIVING_BACK} cancelled"},
    "capture_failed": {
        "cancellation_started": "asked confirming authorised",
        # The answer to the repeated question, that it is declined, came first.
        "late": f"declined {GIVING_BACK} cancelled",
    },
    "capture_failed_earlier": {
        "late": f"asked confirming declined authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "payment_cancelled": {
        "money_returned": "cancelling_asked cancelling_paid cancelling_stopped",
        "money_returned cancelled": "cancelling_stock_back",
        "late": "cancelling_money_back cancelled",
    },
    "refunded_part": {
        "refunded": (
            f"asked confirming authorised paid {TO_SEND} {OUT} {WITH_MONEY} cancelling_sold cancelling_money_back"
        ),
        "late": "cancelled",
    },
    "refunded_all": {
        "refunded": f"asked confirming authorised handed_over {OUT} {WITH_MONEY} cancelling_sold cancelling_money_back",
        "refunded cancellation_started": "paid sold prepared reported",
        "late": "cancelled",
    },
    # Of a refund that was made at the payment itself; what was asked of the order is in test_refunding.py.
    "refund_failed": {
        "late": f"reserved asked confirming declined authorised paid {TO_SEND} {OUT} {GIVING_BACK} cancelled",
    },
    "goods_restocked": {"late": "cancelled"},
    "shipment_created": {
        "shipment_prepared": "sold",
        "late": (
            f"prepared handed_over reported {OUT} cancelling_sold cancelling_stopped cancelling_money_back"
            " cancelling_stock_back cancelled"
        ),
    },
    "shipment_dispatched": {
        "shipped": "sold prepared handed_over",
        "shipped delivered": "reported",
        "cancellation_refused shipped": "cancelling_sold",
        "late": OUT,
    },
    "shipment_delivered": {
        "delivery_reported": "sold prepared handed_over cancelling_sold",
        "delivered": "shipped shipped_after_refusal",
        "late": "reported delivered",
    },
    "shipment_cancelled": {
        "cancellation_started shipment_stopped": TO_SEND,
        "shipment_stopped": "cancelling_sold",
        "late": "cancelling_stopped cancelling_money_back cancelling_stock_back cancelled",
    },
    "shipment_cancel_refused": {
        "cancellation_refused": "cancelling_sold",
        "late": "handed_over shipped_after_refusal",
    },
}


def test_every_message_of_the_saga_is_in_the_table():
    assert {type(message) for message in MESSAGES.values()} == set(RULES)
    assert set(MESSAGES) == set(EXPECTED)


def test_every_cell_is_what_is_listed_or_a_contradiction(situations):
    listed = {
        (message, situation): what
        for message, outcomes in EXPECTED.items()
        for what, where in outcomes.items()
        for situation in where.split()
    }
    assert {situation for _, situation in listed} <= set(situations)
    found = {}
    for message, situation in pairs(MESSAGES, situations):
        try:
            events = react(situations[situation], MESSAGES[message])
        except UnexpectedMessage:
            continue
        names = " ".join(event.type.split("/")[0].removeprefix("order.") for event in events)
        found[message, situation] = names or "late"
    assert found == listed


def test_a_contradiction_names_the_message_and_the_state(situations):
    with pytest.raises(UnexpectedMessage) as refused:
        react(situations["delivered"], MESSAGES["shipment_cancelled"])
    assert "shipping.shipment_cancelled.v1" in refused.value.text("en")
    assert "delivered" in refused.value.text("en")


def test_the_same_refund_counts_once(situations, build):
    part = react(situations["shipped"], MESSAGES["refunded_part"])
    assert [event.refunded_in_all for event in part] == [1_000]


def test_refunds_heard_of_in_the_wrong_order_leave_the_larger_sum(situations):
    from jangteo.order.domain.order import evolve

    order = situations["shipped"]
    for number, in_all in ((22, 3_000), (21, 1_000)):
        names = {"refund_id": UUID(int=number), "amount": 1_000, "refunded_in_all": in_all, "currency": "KRW"}
        for event in react(order, payment.PaymentRefunded(**OF_SECOND, **names)):
            order = evolve(order, ORDER, event)
    assert order.refunded == 3_000
    assert react(order, MESSAGES["refunded_part"]) == []


def test_a_refund_of_everything_that_overtakes_its_capture_is_not_fulfilled(situations):
    from jangteo.order.domain.order import evolve

    order = situations["asked"]
    for message in ("refunded_all", "captured"):
        for event in (events := react(order, MESSAGES[message])):
            order = evolve(order, ORDER, event)
    assert [event.type.split("/")[0] for event in events] == [
        "order.payment_authorised",
        "order.payment_captured",
        "order.cancellation_started",
    ]
    assert (order.state, order.cancel_reason) == ("cancelling", "payment.refunded")


def test_money_returned_tells_how_much(situations):
    *_, end = react(situations["cancelling_stock_back"], MESSAGES["payment_cancelled"])
    assert (end.refunded, end.reason) == (TOTAL, "buyer.cancelled")
