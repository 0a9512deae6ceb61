"""Whatever the order of messages, however often each comes: an order ends, and nobody is left with what is not theirs.

The other services are played with their own promises only: they take a repeated command as one, refuse what comes
after its cancellation, and say again what they said. The bus keeps no order, and delivers as often as it likes.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.contracts import payment, product, shipping
from jangteo.kit.errors import Conflict, Invalid
from jangteo.kit.messages import Message
from jangteo.order.domain import events as happened
from jangteo.order.domain.ending import Reason
from jangteo.order.domain.order import evolve
from jangteo.order.domain.reactions import RULES, react
from jangteo.order.domain.refunding import Wanted, request
from jangteo.order.domain.requests import cancel, choose_payment, expire
from jangteo.order.domain.saga import awaiting, outgoing
from jangteo.order.states import TERMINAL, State

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORDER = UUID(int=1)
TOTAL = 25_000
NAMES = {"order_id": ORDER}
# What staff may wish to give back; of what is divisible by five, the provider refuses.
WISHES = [
    *(
        Wanted(pieces={}, shipping_fee=0, amount=amount, restock=False)
        for amount in (1, 499, 500, 11_000, 24_999, TOTAL)
    ),
    *(Wanted(pieces={"A-1": n}, shipping_fee=fee, amount=None, restock=n > 0) for n in (1, 2) for fee in (0, 1, 2_999)),
]


class Stock:
    """The product service: one reservation."""

    def __init__(self, plenty: bool, gone_when_expired: bool) -> None:
        self.state, self.plenty, self.gone_when_expired = "none", plenty, gone_when_expired
        self.returned: dict[UUID, int] = {}

    def on(self, command: Message) -> list[Message]:
        match command:
            case product.ReserveStock():
                if self.state == "none":
                    self.state = "held" if self.plenty else "refused"
                if self.state in ("refused", "released"):
                    shortages = [product.Shortage(sku="A-1", asked=2, available=0)] if self.state == "refused" else []
                    return [product.StockRefused(**NAMES, shortages=shortages)]
                return [product.StockReserved(**NAMES, expires_at=NOW)]
            case product.CommitStock():
                if self.state == "expired":
                    self.state = "gone" if self.gone_when_expired else "sold"
                if self.state == "held":
                    self.state = "sold"
                if self.state == "sold":
                    return [product.StockCommitted(**NAMES)]
                return [product.StockCommitFailed(**NAMES, shortages=[])]
            case product.ReleaseStock():
                self.state = "released"
                return [product.StockReleased(**NAMES)]
            case product.RestockGoods(return_id=id):
                assert self.state in ("sold", "released")
                if self.state == "sold":
                    self.returned[id] = sum(line.quantity for line in command.lines)
                return [product.GoodsRestocked(**NAMES, return_id=id)]
        raise AssertionError(command)

    def expire(self) -> list[Message]:
        if self.state != "held":
            return []
        self.state = "expired"
        return [product.ReservationExpired(**NAMES)]


class Money:
    """The payment service: attempts by id, the provider's answer by the token."""

    def __init__(self) -> None:
        self.attempts: dict[UUID, str] = {}
        self.tokens: dict[UUID, str] = {}
        self.at_once: set[UUID] = set()
        self.cancelled = False
        self.taken = self.given_back = 0
        self.refunds: dict[UUID, Message] = {}

    def on(self, command: Message) -> list[Message]:
        match command:
            case payment.AuthorisePayment(payment_id=id, method_token=token):
                if id not in self.attempts:
                    self.tokens[id] = token
                    answers = {"bad": "declined", "confirm": "confirming"}
                    self.attempts[id] = "declined" if self.cancelled else answers.get(token, "authorised")
                    if command.capture:
                        self.at_once.add(id)
                        self.capture(id)
                return self.say(id)
            case payment.CapturePayment(payment_id=id):
                self.capture(id)
                return self.say(id)
            case payment.CancelPayment():
                self.cancelled = True
                self.given_back = self.taken
                for id, state in self.attempts.items():
                    self.attempts[id] = "declined" if state == "confirming" else "void"
                return [payment.PaymentCancelled(**NAMES, refunded=self.given_back, currency="KRW")]
            case payment.RefundPayment(refund_id=id):
                if id not in self.refunds:
                    self.refunds[id] = self.refund(command)
                return [self.refunds[id]]
        raise AssertionError(command)

    def capture(self, id: UUID) -> None:
        if self.attempts.get(id) == "authorised":
            failing = self.tokens[id] == "uncapturable"
            self.attempts[id] = "failed" if failing else "captured"
            self.taken += 0 if failing else TOTAL

    def refund(self, command: payment.RefundPayment) -> Message:
        names = NAMES | {"payment_id": command.payment_id, "refund_id": command.refund_id}
        assert self.cancelled or command.amount <= self.taken - self.given_back
        if self.cancelled or command.amount % 5 == 0:
            return payment.PaymentRefundFailed(**names, reason="refused")
        self.given_back += command.amount
        amounts = {"amount": command.amount, "refunded_in_all": self.given_back, "currency": "KRW"}
        return payment.PaymentRefunded(**names, **amounts)

    def say(self, id: UUID) -> list[Message]:
        names, whole = NAMES | {"payment_id": id}, {"amount": TOTAL, "currency": "KRW"}
        match self.attempts.get(id):
            case "confirming":
                return [payment.PaymentActionRequired(**names, url="https://pay")]
            case "authorised":
                return [payment.PaymentAuthorised(**names, **whole)]
            case "captured":
                return [payment.PaymentCaptured(**names, **whole)]
            case "failed":
                return [payment.PaymentCaptureFailed(**names, reason="expired")]
            case "declined":
                return [payment.PaymentDeclined(**names, reason="card_declined")]
        return []

    def confirm(self, agreed: bool) -> list[Message]:
        for id, state in self.attempts.items():
            if state == "confirming":
                self.attempts[id] = "authorised" if agreed else "declined"
                if id in self.at_once:
                    self.capture(id)
                return self.say(id)
        return []


class Parcel:
    """The shipping service."""

    def __init__(self) -> None:
        self.state = "none"

    def on(self, command: Message) -> list[Message]:
        if isinstance(command, shipping.CreateShipment) and self.state in ("none", "created"):
            self.state = "created"
            return [shipping.ShipmentCreated(**NAMES, shipment_id=ORDER, carrier="c", tracking_number="t")]
        if isinstance(command, shipping.CancelShipment):
            if self.state in ("dispatched", "delivered"):
                return [shipping.ShipmentCancelRefused(**NAMES)]
            self.state = "cancelled"
            return [shipping.ShipmentCancelled(**NAMES)]
        return []

    def travel(self) -> list[Message]:
        names = NAMES | {"shipment_id": ORDER, "at": NOW}
        if self.state == "created":
            self.state = "dispatched"
            return [shipping.ShipmentDispatched(**names, carrier="c", tracking_number="t")]
        if self.state == "dispatched":
            self.state = "delivered"
            return [shipping.ShipmentDelivered(**names)]
        return []


class Shop:
    """One order among its services; `wire` is what is on its way, in no order."""

    def __init__(self, placed, stock: Stock, token: str | None, at_once: bool) -> None:
        self.at_once = at_once
        self.stock, self.money, self.parcel = stock, Money(), Parcel()
        self.now, self.order, self.attempts, self.refunds = NOW, None, 0, 0
        self.wire: list[Message] = []
        self.said: list[str] = []
        self.apply([placed, *self.choice(token)] if token else [placed])

    def choice(self, token: str):
        self.attempts += 1
        id = UUID(int=100 + self.attempts)
        return [happened.PaymentChosen(payment_id=id, provider="sandbox", token=token, at_once=self.at_once)]

    def apply(self, events) -> None:
        before = self.order
        for event in events:
            self.order = evolve(self.order, ORDER, event)
        messages = outgoing(before, events, self.order)
        self.said += [message.type for message in messages if message.type.startswith("order.")]
        self.wire += [message for message in messages if not message.type.startswith("order.")]

    def deliver(self, index: int, again: bool) -> None:
        message = self.wire[index] if again else self.wire.pop(index)
        if type(message) in RULES:
            self.apply(react(self.order, message))
        else:
            service = {"product": self.stock, "payment": self.money, "shipping": self.parcel}
            self.wire += service[message.type.split(".")[0]].on(message)

    def attempt(self, decide) -> None:
        try:
            self.apply(decide())
        except (Conflict, Invalid):
            return

    def step(self, number: int) -> None:
        kind, choice = number % 16, number // 16
        if kind == 0:
            self.attempt(lambda: cancel(self.order, Reason.BUYER, ""))
        elif kind == 1:
            token = ("good", "bad", "confirm", "uncapturable")[choice % 4]
            id = UUID(int=100 + self.attempts + 1)
            self.attempts += 1
            once = self.at_once
            self.attempt(lambda: choose_payment(self.order, id, "sandbox", token, self.now, at_once=once))
        elif kind == 2:
            self.now += timedelta(seconds=400)
            self.apply(expire(self.order, self.now))
        elif kind == 3:
            self.wire += self.stock.expire()
        elif kind == 4:
            self.wire += self.money.confirm(agreed=choice % 2 == 0)
        elif kind == 5:
            self.wire += self.parcel.travel()
        elif kind == 6:
            self.wire += awaiting(self.order)
        elif kind == 8:
            self.refunds += 1
            self.attempt(lambda: request(self.order, UUID(int=500 + self.refunds), ORDER, WISHES[choice], ""))
        elif self.wire:
            self.deliver(choice % len(self.wire), again=kind == 7)

    def finish(self) -> None:
        """Let every message arrive and time pass until nothing moves any more."""
        for _ in range(200):
            while self.wire:
                self.deliver(0, again=False)
            if self.order.state in TERMINAL:
                return
            self.now += timedelta(seconds=1000)
            self.apply(expire(self.order, self.now))
            self.wire += awaiting(self.order) + self.parcel.travel()


@settings(max_examples=400, deadline=None)
@given(
    steps=st.lists(st.integers(0, 16 * 12 - 1), max_size=60),
    token=st.sampled_from(["good", "bad", "confirm", "uncapturable", None]),
    plenty=st.booleans(),
    gone_when_expired=st.booleans(),
    at_once=st.booleans(),
)
def test_an_order_ends_with_everything_where_it_belongs(placing, steps, token, plenty, gone_when_expired, at_once):
    shop = Shop(placing(), Stock(plenty, gone_when_expired), token, at_once)
    for number in steps:
        shop.step(number)
    shop.finish()
    state, kept = shop.order.state, shop.money.taken - shop.money.given_back
    assert state in TERMINAL
    if state is State.DELIVERED:
        kept_of_it = TOTAL - shop.order.refunded
        assert (shop.stock.state, kept, shop.parcel.state) == ("sold", kept_of_it, "delivered")
        assert shop.order.refunded == shop.money.given_back
        assert "requested" not in [refund.state for refund in shop.order.refunds]
        back = [one for one in shop.order.refunds if one.restock and one.state == "succeeded"]
        assert all(one.restocked for one in back)
        assert shop.stock.returned == {one.refund_id: one.lines[0].quantity for one in back}
    else:
        assert (shop.stock.state in ("released", "refused", "none"), kept) == (True, 0)
        assert shop.parcel.state in ("none", "cancelled")
        assert set(shop.money.attempts.values()) <= {"void", "declined"}
    ends = {"order.delivered.v1", "order.rejected.v1", "order.cancelled.v1"}
    assert [said for said in shop.said if said in ends] == [f"order.{state.value}.v1"]
    assert shop.said.count("order.paid.v1") <= 1
    if state is State.CANCELLED:
        assert shop.order.refunded == shop.money.given_back
