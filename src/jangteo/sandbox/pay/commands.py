"""What can be done at the card processor: each command runs inside one transaction and says what to answer."""

import secrets

import msgspec

from jangteo.sandbox.idempotency import Answer, Outcome
from jangteo.sandbox.pay import domain, store, webhooks
from jangteo.sandbox.pay.cards import Behaviour, brand_of, check_card
from jangteo.sandbox.pay.domain import Card, Payment, Refund
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.pay.schemas import NewPayment, NewRefund, NewToken, TokenView, payment_view, refund_view
from jangteo.sandbox.pay.states import Status
from jangteo.sandbox.problems import problem

DECLINES = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "The card has not enough money.",
    "capture_failed": "The issuer refused the capture.",
    "refund_failed": "The issuer refused the refund.",
}


def make_token(pay: Pay, new: NewToken) -> TokenView:
    """Check a card and keep a token for it; the number ends here. Raises as `check_card`."""
    number = new.number.replace(" ", "").replace("-", "")
    behaviour = check_card(number, new.expiry_month, new.expiry_year, new.cvc, pay.now())
    card = Card(brand_of(number), number[-4:], f"{new.expiry_month:02}/{new.expiry_year % 100:02}", behaviour)
    token = f"tok_{secrets.token_hex(16)}"
    store.save_token(pay.database, token, card, pay.now())
    return TokenView(token=token, brand=card.brand, last4=card.last4, expiry=card.expiry)


def create_payment(pay: Pay, new: NewPayment) -> Outcome:
    """Authorize an amount on a card, and capture it at once where asked.

    Raises TokenUnknown, TokenSpent, AmountNotShown.
    """
    card = store.load_card(pay.database, new.token)
    if card.behaviour is Behaviour.TIMEOUT_NOT_MADE:
        late = _refused(504, "provider_timeout", "The issuer did not answer.")
        return Outcome(answer=late, kept=False, hold=pay.settings.timeout_delay)
    store.spend_token(pay.database, new.token, new.amount, new.currency)
    payment = domain.begin(_new_payment(pay, new, card), pay.settings.fast_expiry)
    store.insert_payment(pay.database, payment)
    if payment.status is Status.DECLINED:
        webhooks.announce(pay, "payment.declined", payment)
        code = payment.decline_code or "card_declined"
        return Outcome(answer=_refused(402, code, DECLINES[code], payment))
    if payment.status is Status.REQUIRES_CONFIRMATION:
        return Outcome(answer=_shown(pay, payment, 201))
    # One that cannot be captured stays authorized, to be captured or voided by a request of its own.
    if payment.capture_at_once and payment.behaviour is not Behaviour.CAPTURE_FAILS:
        payment = domain.capture(payment, payment.amount, pay.now())
        first = _book_capture(pay, payment)
    else:
        first = webhooks.announce(pay, "payment.authorized", payment)
    held = payment.behaviour is Behaviour.TIMEOUT_MADE
    held = held or (payment.behaviour is Behaviour.CAPTURE_TIMEOUT and payment.status is Status.CAPTURED)
    return _outcome(pay, payment, _shown(pay, payment, 201), first, held=held)


def capture_payment(pay: Pay, payment_id: str, amount: int) -> Outcome:
    """Take authorized money. Raises Unknown, NotCapturable, AuthorizationExpired, AmountTooLarge."""
    payment = store.load_payment(pay.database, payment_id)
    if payment.behaviour is Behaviour.CAPTURE_FAILS and payment.status is Status.AUTHORIZED:
        return Outcome(answer=_refused(402, "capture_failed", DECLINES["capture_failed"], payment))
    payment = domain.capture(payment, amount, pay.now())
    first = _book_capture(pay, payment)
    held = payment.behaviour is Behaviour.CAPTURE_TIMEOUT
    return _outcome(pay, payment, _shown(pay, payment), first, held=held)


def void_payment(pay: Pay, payment_id: str) -> Outcome:
    """Give up an authorization, or a confirmation that nobody gave. Raises Unknown, NotVoidable."""
    payment = domain.void(store.load_payment(pay.database, payment_id), pay.now())
    store.update_payment(pay.database, payment)
    first = webhooks.announce(pay, "payment.voided", payment)
    return _outcome(pay, payment, _shown(pay, payment), first)


def refund_payment(pay: Pay, payment_id: str, new: NewRefund) -> Outcome:
    """Give captured money back, in parts or whole. Raises Unknown, NotRefundable, AmountTooLarge."""
    payment = domain.refund(store.load_payment(pay.database, payment_id), new.amount, pay.now())
    if payment.behaviour is Behaviour.REFUND_FAILS:
        return Outcome(answer=_refused(402, "refund_failed", DECLINES["refund_failed"], payment))
    refund = Refund(
        id=f"re_{secrets.token_hex(12)}",
        payment_id=payment.id,
        amount=new.amount,
        reference=new.reference,
        created_at=pay.now(),
    )
    store.update_payment(pay.database, payment)
    store.insert_refund(pay.database, refund)
    store.record_movement(pay.database, payment, -refund.amount, refund.created_at, refund)
    first = webhooks.announce(pay, "payment.refunded", payment, refund)
    answer = Answer(201, msgspec.json.encode(refund_view(refund, payment.currency)))
    return _outcome(pay, payment, answer, first)


def confirm_payment(pay: Pay, key: str, approved: bool) -> Payment:
    """Note what the card holder decided on the confirmation page. Raises Unknown, NotConfirmable."""
    with pay.database.transaction():
        payment = domain.confirm(store.load_by_confirmation(pay.database, key), approved, pay.now())
        store.update_payment(pay.database, payment)
        if approved and payment.capture_at_once:
            payment = domain.capture(payment, payment.amount, pay.now())
            _book_capture(pay, payment)
        else:
            webhooks.announce(pay, "payment.authorized" if approved else "payment.declined", payment)
    return payment


def expire_overdue(pay: Pay) -> None:
    """End every payment whose time has run out."""
    now = pay.now()
    for payment in store.load_overdue(pay.database, now):
        with pay.database.transaction():
            ended = domain.expire(payment, now)
            store.update_payment(pay.database, ended)
            webhooks.announce(pay, "payment.expired", ended)


def _new_payment(pay: Pay, new: NewPayment, card: Card) -> Payment:
    now = pay.now()
    confirms = card.behaviour is Behaviour.NEEDS_CONFIRMATION
    return Payment(
        id=f"pay_{secrets.token_hex(12)}",
        reference=new.reference,
        status=Status.AUTHORIZED,
        amount=new.amount,
        currency=new.currency,
        brand=card.brand,
        last4=card.last4,
        expiry=card.expiry,
        behaviour=card.behaviour,
        capture_at_once=new.capture,
        confirmation_key=secrets.token_urlsafe(24) if confirms else None,
        return_url=new.return_url,
        created_at=now,
        updated_at=now,
    )


def _book_capture(pay: Pay, payment: Payment) -> int:
    store.update_payment(pay.database, payment)
    store.record_movement(pay.database, payment, payment.captured_amount, payment.updated_at)
    return webhooks.announce(pay, "payment.captured", payment)


def _shown(pay: Pay, payment: Payment, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(payment_view(payment, pay.settings.own_url())))


def _refused(status: int, code: str, detail: str, payment: Payment | None = None) -> Answer:
    more = {"payment_id": payment.id} if payment else {}
    return Answer(status, msgspec.json.encode(problem(status, code, detail, **more)))


def _outcome(pay: Pay, payment: Payment, answer: Answer, first: int, *, held: bool = False) -> Outcome:
    if payment.behaviour is Behaviour.WEBHOOK_FIRST:
        return Outcome(answer=answer, await_first=lambda: pay.deliveries.first_attempt(first))
    return Outcome(answer=answer, hold=pay.settings.timeout_delay if held else 0.0)
