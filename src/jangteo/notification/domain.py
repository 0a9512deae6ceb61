"""Which event is told with which template, with what in it, and until when it is still worth telling."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from jangteo.contracts.order import (
    OrderCancelled,
    OrderDelivered,
    OrderMessage,
    OrderPaid,
    OrderPaymentFailed,
    OrderPlaced,
    OrderRefunded,
    OrderRejected,
    OrderShipped,
)
from jangteo.contracts.user import MailRequested, UserRegistered
from jangteo.kit.messages import Message

# A mail about a parcel on its way is wrong two days later; one about money never is.
NEWS_MAX_AGE = timedelta(days=2)
MONEY_MAX_AGE = timedelta(days=30)
RETRY_FIRST = timedelta(seconds=2)
RETRY_MOST = timedelta(minutes=10)


class Template(NamedTuple):
    """How an event is told: the template's name, its lifetime, and the event's own facts in it."""

    name: str
    max_age: timedelta
    facts: Callable[[Any], dict[str, Any]] = lambda message: {}


class Notice(NamedTuple):
    """One thing to tell one member."""

    member_id: UUID
    order_id: UUID | None
    mail_id: UUID | None
    template: str
    facts: dict[str, Any]
    expires_at: datetime


class Outcome(NamedTuple):
    """How an attempt to tell a notice ended: `sent`, `dropped`, `expired`, or `pending` until `due_at`.

    `error` is a code with nothing personal in it.
    """

    id: UUID
    status: str
    subject: str = ""
    error: str = ""
    due_at: datetime | None = None


TEMPLATES: dict[type[Message], Template] = {
    UserRegistered: Template("member.welcome", NEWS_MAX_AGE),
    OrderPlaced: Template("order.placed", NEWS_MAX_AGE),
    OrderRejected: Template("order.rejected", NEWS_MAX_AGE, lambda message: {"reason": message.reason}),
    OrderPaymentFailed: Template(
        "order.payment_failed",
        NEWS_MAX_AGE,
        lambda message: {"reason": message.reason, "retry_until": message.retry_until.isoformat()},
    ),
    OrderPaid: Template("order.paid", MONEY_MAX_AGE),
    OrderShipped: Template(
        "order.shipped",
        NEWS_MAX_AGE,
        lambda message: {"carrier": message.carrier, "tracking_number": message.tracking_number},
    ),
    OrderDelivered: Template("order.delivered", NEWS_MAX_AGE),
    OrderCancelled: Template(
        "order.cancelled",
        MONEY_MAX_AGE,
        lambda message: {"reason": message.reason, "refunded": message.refunded, "currency": message.currency},
    ),
    OrderRefunded: Template(
        "order.refunded",
        MONEY_MAX_AGE,
        lambda message: {
            "amount": message.amount,
            "refunded_in_all": message.refunded_in_all,
            "currency": message.currency,
        },
    ),
}


def notice_of(message: OrderMessage | UserRegistered | MailRequested, now: datetime) -> Notice:
    """Return what `message` has to be told as. Raises KeyError for a message that nobody is told of."""
    if isinstance(message, MailRequested):
        template_name = f"account.{message.kind}"
        return Notice(message.member_id, None, message.mail_id, template_name, {}, message.expires_at)
    template = TEMPLATES[type(message)]
    return Notice(
        member_id=message.member_id,
        order_id=message.order_id if isinstance(message, OrderMessage) else None,
        mail_id=None,
        template=template.name,
        facts=template.facts(message),
        expires_at=now + template.max_age,
    )


def retry_delay(attempts: int, chance: float) -> timedelta:
    """Return how long to wait after the given number of failed attempts: doubling, from 2 s up to 10 min.

    `chance`, from 0 to 1, takes up to half of it away, so that what failed together does not come back together.
    """
    doublings = min(max(attempts - 1, 0), 16)
    return min(RETRY_FIRST * (1 << doublings), RETRY_MOST) * (1 - chance / 2)
