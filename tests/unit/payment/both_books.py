"""A provider's books and ours, for living through a payment in every order.

The provider is played by a few lines that keep its own books; our side is the rules alone, asked in the way the desk
asks them.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from hypothesis import strategies as st

from jangteo.contracts import payment as contract
from jangteo.payment.domain import ledger, observing, refunding, steps
from jangteo.payment.domain.attempt import Seen, SeenRefund, SeenStatus
from jangteo.payment.domain.moment import Moment, Patience
from jangteo.payment.states import IllegalMove, RefundState, State

START = datetime(2026, 1, 1, tzinfo=UTC)
AMOUNT = 10_007
FATES = ("answered", "answered", "answered", "lost_before", "lost_after", "crashed_after", "late", "crashed_late")


class Processor:
    """A provider's books: one payment, its refunds, and all that it ever showed."""

    def __init__(self, reference, card, in_one_step):
        self.reference, self.card, self.status, self.in_one_step = reference, card, None, in_one_step
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
            self.take_at_once()
        return self.view()

    def decide(self, status):
        if self.status is SeenStatus.WAITING:
            self.status = status
            self.take_at_once()
            self.view()

    def take_at_once(self):
        if self.in_one_step and self.status is SeenStatus.HELD:
            self.status, self.captured = SeenStatus.TAKEN, AMOUNT

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

    def __init__(self, draw, card, *, at_once=False, in_one_step=False):
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
            capture=at_once,
        )
        self.attempt = steps.begin("demo", command, self.at())
        self.processor = Processor(self.attempt.reference, card, in_one_step)
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
