"""A payment lived through in every order: answers lost, webhooks late and twice, cancelled at any moment.

The provider is played by a few lines that keep its own books; our side is the rules alone, asked in the way the desk
asks them. At the end the two sets of books agree, whatever happened in between.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.contracts import payment as contract
from jangteo.payment.domain import ledger, observing, refunding, steps
from jangteo.payment.domain.attempt import Seen, SeenRefund, SeenStatus
from jangteo.payment.domain.moment import Moment, Patience
from jangteo.payment.states import CLEAR, MOVES, TAKING, IllegalMove, RefundState, State

START = datetime(2026, 1, 1, tzinfo=UTC)
AMOUNT = 10_007


class Processor:
    """A provider's books: one payment, its refunds, and all that it ever showed."""

    def __init__(self, reference, card):
        self.reference, self.card, self.status = reference, card, None
        self.captured, self.refunds, self.shown, self.on_the_way = 0, {}, [], []

    def view(self):
        if self.status is None:
            return None
        seen = Seen(
            provider_id="pay_1",
            reference=self.reference,
            status=self.status,
            amount=AMOUNT,
            currency="KRW",
            captured=self.captured,
            reason="card_declined" if self.status is SeenStatus.DECLINED else "",
            action_url="https://pay.example.test/confirm" if self.status is SeenStatus.WAITING else None,
        )
        self.shown.append(seen)
        return seen

    def authorise(self):
        if self.status is None:
            self.status = self.card
        return self.view()

    def decide(self, status):
        if self.status is SeenStatus.WAITING:
            self.status = status
            self.view()

    def capture(self):
        if self.status is SeenStatus.HELD:
            self.status, self.captured = SeenStatus.TAKEN, AMOUNT
        return self.view()

    def void(self):
        if self.status in (SeenStatus.HELD, SeenStatus.WAITING):
            self.status = SeenStatus.RELEASED
        return self.view()

    def arrive(self):
        """Let a request that was long on its way arrive; nobody waits for its answer any more."""
        if self.on_the_way:
            self.on_the_way.pop(0)()

    def lapse(self):
        if self.status in (SeenStatus.HELD, SeenStatus.WAITING):
            self.status = SeenStatus.LAPSED
            self.view()

    def refund(self, refund):
        if refund.id not in self.refunds:
            assert sum(self.refunds.values()) + refund.amount <= self.captured, "more given back than taken"
            self.refunds[refund.id] = refund.amount
        return SeenRefund(
            provider_refund_id=f"re_{refund.id}", reference=str(refund.id), amount=refund.amount, currency="KRW"
        )


class Shop:
    """Our side: an attempt, its refunds, its ledger, what was said, and what the desk has to do."""

    def __init__(self, draw, card):
        self.draw, self.now = draw, START
        command = contract.AuthorisePayment(
            order_id=uuid4(),
            payment_id=uuid4(),
            member_id=uuid4(),
            order_number="1",
            amount=AMOUNT,
            currency="KRW",
            provider="sandbox",
            method_token="tok_1",
        )
        self.attempt = steps.begin("demo", command, self.at())
        self.processor = Processor(self.attempt.reference, card)
        self.refunds, self.movements, self.said, self.asking = {}, [], [], ["attempt"]

    def at(self):
        return Moment(now=self.now, patience=Patience(), refund_id=uuid4())

    def take(self, change):
        if change is None:
            return
        self.attempt = change.attempt
        self.movements += change.movements
        self.said += change.says
        if change.ask:
            self.asking.append("attempt")
        for refund in change.refunds:
            self.refunds[refund.id] = refund
            if refund.state is RefundState.REQUESTED and refund.tries == 0:
                self.asking.append(refund.id)

    def operate(self):
        """Do the oldest thing that is to be asked of the provider; the answer may be lost, before or after."""
        if not self.asking:
            return
        what = self.asking.pop(0)
        fate = self.draw(st.sampled_from(FATES))
        if what == "attempt":
            self.ask(fate)
        elif fate in ("late", "crashed_late"):
            self.processor.on_the_way.append(partial(self.processor.refund, self.refunds[what]))
        elif fate != "lost_before":
            seen = self.processor.refund(self.refunds[what])
            if fate == "answered":
                self.refunded(what, seen)

    def ask(self, fate):
        state = self.attempt.state
        act = {State.AUTHORISING: self.processor.authorise, State.CAPTURING: self.processor.capture}.get(state)
        act = self.processor.void if state is State.VOIDING else act
        if act is None:
            return
        seen = None
        if fate in ("late", "crashed_late"):
            self.processor.on_the_way.append(act)
        elif fate != "lost_before":
            seen = act()
        if fate == "answered":
            self.take(observing.observe(self.attempt, seen, self.at()))
        elif not fate.startswith("crashed"):
            self.take(steps.lose_track(self.attempt, self.at()))

    def refunded(self, id, seen):
        if self.refunds[id].state is RefundState.REQUESTED:
            self.take(refunding.succeed(self.attempt, self.refunds[id], seen, self.at()))

    def sweep(self):
        """Look after whatever is due, as after a crash: query first."""
        self.now += timedelta(seconds=30)
        for id, refund in list(self.refunds.items()):
            if refund.state is RefundState.REQUESTED and id not in self.asking:
                self.refunded(id, self.processor.refund(refund))
        if self.attempt.due_at is None or self.asking:
            return
        seen = self.processor.view()
        if seen is None:
            self.take(steps.after_not_found(self.attempt, self.at()))
        else:
            change = observing.observe(self.attempt, seen, self.at())
            self.take(change or steps.after_no_news(self.attempt, self.at()))

    def webhook(self):
        """Bring any view that the provider ever showed, old ones too."""
        if self.processor.shown:
            seen = self.draw(st.sampled_from(self.processor.shown))
            self.take(observing.observe(self.attempt, seen, self.at()))

    def capture(self):
        try:
            self.take(steps.begin_capture(self.attempt, self.at()))
        except IllegalMove:
            return

    def cancel(self):
        if not self.attempt.unwanted:
            self.take(steps.abandon(self.attempt, "order_cancelled", self.at()))

    def give_back(self):
        amount = self.draw(st.integers(1, AMOUNT))
        try:
            self.take(refunding.request(self.attempt, uuid4(), amount, "x", uuid4(), self.at()))
        except (IllegalMove, refunding.RefundTooLarge, refunding.RefundByCancellation):
            return

    def check(self):
        """Hold at every moment."""
        attempt = self.attempt
        assert 0 <= attempt.refunded <= attempt.refunded + attempt.refunding <= attempt.captured <= AMOUNT
        balances = ledger.balances(self.movements)
        assert sum(balances.values()) == 0
        owed = balances.get((ledger.Account.PROVIDER_RECEIVABLE, "KRW"), 0)
        assert owed == attempt.captured - attempt.refunded
        assert len({(movement.kind, movement.reference) for movement in self.movements}) == len(self.movements)

    def settle(self):
        """Crash with everything that was to be asked, then let an undisturbed process clear up."""
        self.asking.clear()
        self.draw = lambda _: "answered"
        for _ in range(20):
            self.sweep()
            while self.asking:
                self.operate()
            self.processor.arrive()
            # A provider repeats its webhooks until they are taken: the newest view comes for sure.
            if self.processor.view() is not None:
                self.take(observing.observe(self.attempt, self.processor.shown[-1], self.at()))
            self.check()


FATES = ("answered", "answered", "answered", "lost_before", "lost_after", "crashed_after", "late", "crashed_late")
BEGINNINGS = ([], ["operate"], ["operate", "capture", "operate"], ["operate", "capture", "operate", "give_back"])
STEPS = (
    "operate",
    "operate",
    "webhook",
    "sweep",
    "capture",
    "cancel",
    "give_back",
    "arrive",
    "lapse",
    "approve",
    "decline",
)
CARDS = [SeenStatus.HELD, SeenStatus.WAITING, SeenStatus.DECLINED]


stories = st.builds(list.__add__, st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(STEPS), max_size=25))


def live(shop, story):
    for step in story:
        if step in ("approve", "decline"):
            shop.processor.decide(SeenStatus.HELD if step == "approve" else SeenStatus.DECLINED)
        elif step in ("lapse", "arrive"):
            getattr(shop.processor, step)()
        else:
            getattr(shop, step)()
        shop.check()


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(CARDS), stories)
def test_after_a_cancellation_nothing_is_held_or_kept_in_either_set_of_books(data, card, story):
    shop = Shop(data.draw, card)
    live(shop, story)
    shop.cancel()
    shop.settle()
    assert shop.attempt.is_clear
    assert shop.attempt.state in CLEAR
    assert shop.processor.status not in (SeenStatus.HELD, SeenStatus.WAITING)
    assert shop.processor.captured == sum(shop.processor.refunds.values()) == shop.attempt.refunded


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(CARDS), stories)
def test_both_sets_of_books_agree_in_the_end_and_nothing_is_told_twice(data, card, story):
    shop = Shop(data.draw, card)
    live(shop, story)
    shop.processor.decide(SeenStatus.HELD)
    shop.settle()
    assert shop.attempt.captured == shop.processor.captured
    assert shop.attempt.refunded == sum(shop.processor.refunds.values())
    assert shop.attempt.refunding == 0
    told = Counter(type(message) for message in shop.said)
    for kind in (contract.PaymentAuthorised, contract.PaymentCaptured, contract.PaymentDeclined):
        assert told[kind] <= 1
    parts = [message.amount for message in shop.said if isinstance(message, contract.PaymentRefunded)]
    by_staff = [refund.amount for refund in shop.refunds.values() if not refund.compulsory]
    assert sorted(parts) == sorted(by_staff)


@given(st.data(), st.lists(st.integers(1, AMOUNT), max_size=12))
def test_any_parts_of_a_payment_sum_to_what_was_paid_to_the_won(data, parts):
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    shop.operate()
    for part in [*parts, AMOUNT]:
        amount = min(part, shop.attempt.refundable)
        if amount:
            shop.take(refunding.request(shop.attempt, uuid4(), amount, "part", uuid4(), shop.at()))
            shop.operate()
            shop.check()
    assert (shop.attempt.state, shop.attempt.refunded) == (State.REFUNDED, AMOUNT)
    told = [message for message in shop.said if isinstance(message, contract.PaymentRefunded)]
    assert sum(message.amount for message in told) == AMOUNT
    assert told[-1].refunded_in_all == AMOUNT


@pytest.mark.parametrize("status", SeenStatus)
@pytest.mark.parametrize("state", State)
def test_the_same_view_a_second_time_is_no_news(state, status):
    shop = Shop(None, SeenStatus.HELD)
    taken = AMOUNT if state in (State.CAPTURED, State.REFUNDED) else 0
    before = msgspec.structs.replace(
        shop.attempt, state=state, captured=taken, refunded=taken if state is State.REFUNDED else 0
    )
    shop.processor.status = status
    shop.processor.captured = AMOUNT if status is SeenStatus.TAKEN else 0
    seen = shop.processor.view()
    first = observing.observe(before, seen, shop.at())
    if first is not None:
        assert observing.observe(first.attempt, seen, shop.at()) is None


@pytest.mark.parametrize("status", SeenStatus)
@pytest.mark.parametrize("state", [state for state in State if state is not State.DECLINED])
def test_what_is_old_news_stays_old_news_in_every_later_state(state, status):
    shop = Shop(None, SeenStatus.HELD)
    shop.processor.status = status
    shop.processor.captured = AMOUNT if status is SeenStatus.TAKEN else 0
    seen = shop.processor.view()

    def is_old(state):
        taken = AMOUNT if state in (State.CAPTURED, State.REFUNDED) else 0
        known = msgspec.structs.replace(shop.attempt, state=state, captured=taken, provider_id="pay_1")
        return observing.observe(known, seen, shop.at()) is None

    held_before = state in (State.AUTHORISED, *TAKING)
    if is_old(state) and not (held_before and status is SeenStatus.DECLINED):  # which no provider can show then
        assert all(is_old(after) for (before, _), after in MOVES.items() if before is state)


@pytest.mark.parametrize(
    "lie", [{"amount": 1}, {"currency": "USD"}, {"reference": "another"}, {"provider_id": "pay_2"}]
)
def test_a_view_of_another_payment_never_captures(lie):
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    seen = msgspec.structs.replace(shop.processor.capture(), **lie)
    assert observing.observe(shop.attempt, seen, shop.at()) is None


def test_a_void_that_comes_too_late_finds_the_money_taken_and_gives_it_back():
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    shop.draw = lambda _: "late"
    shop.operate()
    shop.cancel()
    shop.sweep()
    assert shop.attempt.state is State.VOIDING, "a capture that is not wanted any more is not asked for again"
    shop.processor.arrive()
    shop.draw = lambda _: "answered"
    shop.operate()
    assert (shop.attempt.state, shop.attempt.refunding) == (State.CAPTURED, AMOUNT)
    shop.operate()
    assert (shop.attempt.state, shop.processor.refunds) == (State.REFUNDED, {next(iter(shop.refunds)): AMOUNT})


def test_a_capture_of_another_amount_is_booked_as_it_is_and_given_back():
    shop = Shop(lambda _: "answered", SeenStatus.HELD)
    shop.operate()
    shop.capture()
    seen = msgspec.structs.replace(shop.processor.capture(), captured=AMOUNT - 1)
    shop.take(observing.observe(shop.attempt, seen, shop.at()))
    assert (shop.attempt.captured, shop.attempt.unwanted, shop.attempt.refunding) == (AMOUNT - 1, True, AMOUNT - 1)
    assert isinstance(shop.said[-1], contract.PaymentCaptureFailed)


def test_an_attempt_that_never_reached_its_provider_is_given_up_after_a_while():
    shop = Shop(None, SeenStatus.HELD)
    shop.take(steps.after_not_reached(shop.attempt, shop.at()))
    assert (shop.attempt.state, shop.attempt.asked) == (State.AUTHORISING, 0)
    shop.now += timedelta(seconds=61)
    shop.take(steps.ask_first_time(shop.attempt, shop.at()))
    assert shop.attempt.asked == 1
    shop.take(steps.after_not_reached(shop.attempt, shop.at()))
    assert (shop.attempt.state, shop.attempt.reason) == (State.DECLINED, "provider_unavailable")


def test_an_attempt_that_may_have_reached_its_provider_is_not_given_up_while_that_is_silent():
    shop = Shop(None, SeenStatus.HELD)
    shop.take(steps.lose_track(shop.attempt, shop.at()))
    for _ in range(50):
        shop.now += timedelta(seconds=60)
        shop.take(steps.postpone(shop.attempt, shop.at()))
    assert shop.attempt.state is State.AUTHORISATION_UNKNOWN
    assert shop.said == []


@pytest.mark.parametrize(
    ("state", "unwanted", "objection"),
    [
        (State.AUTHORISING, False, ""),
        (State.AUTHORISATION_UNKNOWN, False, ""),
        (State.ACTION_REQUIRED, False, ""),
        (State.AUTHORISED, False, "already_authorised"),
        (State.CAPTURING, False, "already_authorised"),
        (State.CAPTURED, False, "already_paid"),
        (State.CAPTURED, True, ""),
        (State.DECLINED, False, ""),
        (State.VOIDED, True, ""),
        (State.REFUNDED, False, ""),
    ],
)
def test_a_second_attempt_is_admitted_unless_the_first_holds_or_took_money(state, unwanted, objection):
    shop = Shop(None, SeenStatus.HELD)
    assert steps.admit([msgspec.structs.replace(shop.attempt, state=state, unwanted=unwanted)]) == objection
