"""Whatever is tried in whatever order, a payment gives back at most what was taken, and takes at most what was held."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.sandbox.pay import domain
from jangteo.sandbox.pay.cards import Behaviour
from jangteo.sandbox.pay.domain import Payment
from jangteo.sandbox.pay.states import Status
from jangteo.sandbox.problems import Refusal

AMOUNT = 50_000


def payment(behaviour: Behaviour = Behaviour.SUCCESS) -> Payment:
    new = Payment(
        id="pay_1",
        reference="order-1",
        status=Status.AUTHORIZED,
        amount=AMOUNT,
        currency="KRW",
        brand="visa",
        last4="4242",
        expiry="12/40",
        behaviour=behaviour,
        capture_at_once=False,
        created_at=0.0,
        updated_at=0.0,
    )
    return domain.begin(new, fast_expiry=5.0)


actions = st.lists(
    st.tuples(
        st.sampled_from(["capture", "void", "refund", "expire", "confirm"]),
        st.integers(min_value=1, max_value=AMOUNT * 2),
    ),
    max_size=30,
)


@given(st.sampled_from(Behaviour), actions)
def test_any_sequence_keeps_refunded_within_captured_within_amount(
    behaviour: Behaviour, sequence: list[tuple[str, int]]
) -> None:
    current = payment(behaviour)
    taken = given_back = 0
    for time, (action, amount) in enumerate(sequence):
        before = current
        try:
            if action == "capture":
                current = domain.capture(current, amount, time)
                taken += amount
            elif action == "void":
                current = domain.void(current, time)
            elif action == "refund":
                current = domain.refund(current, amount, time)
                given_back += amount
            elif action == "confirm":
                current = domain.confirm(current, amount % 2 == 0, time)
            elif domain.is_over(current, time):
                current = domain.expire(current, time)
        except Refusal:
            assert current is before
        assert 0 <= current.refunded_amount <= current.captured_amount <= current.amount
        assert (current.captured_amount, current.refunded_amount) == (taken, given_back)
        assert (current.status is Status.REFUNDED) == (0 < taken == given_back)


@given(st.lists(st.integers(min_value=1, max_value=AMOUNT), min_size=1, max_size=20))
def test_partial_refunds_end_in_refunded_exactly_when_their_sum_is_what_was_taken(parts: list[int]) -> None:
    current = domain.capture(payment(), AMOUNT, 1.0)
    for part in parts:
        left = AMOUNT - current.refunded_amount
        if current.status is Status.REFUNDED:
            with pytest.raises(domain.NotRefundable):
                domain.refund(current, part, 2.0)
        elif part > left:
            with pytest.raises(domain.AmountTooLarge):
                domain.refund(current, part, 2.0)
        else:
            current = domain.refund(current, part, 2.0)
            assert (current.status is Status.REFUNDED) == (part == left)


def test_an_authorization_cannot_be_captured_once_its_time_is_over() -> None:
    lapsing = payment(Behaviour.EXPIRES_FAST)
    assert domain.capture(lapsing, AMOUNT, 4.9).status is Status.CAPTURED
    with pytest.raises(domain.AuthorizationExpired):
        domain.capture(lapsing, AMOUNT, 5.0)


def test_a_confirmation_that_comes_too_late_changes_nothing() -> None:
    waiting = payment(Behaviour.NEEDS_CONFIRMATION)
    with pytest.raises(domain.NotConfirmable):
        domain.confirm(waiting, True, domain.CONFIRMATION_LASTS)
    approved = domain.confirm(waiting, True, 1.0)
    assert approved == msgspec.structs.replace(
        waiting, status=Status.AUTHORIZED, updated_at=1.0, expires_at=1.0 + domain.AUTHORIZATION_LASTS
    )
