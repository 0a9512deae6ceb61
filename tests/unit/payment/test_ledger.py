"""The ledger balances by construction, and any parts sum to the whole."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.payment.domain import ledger
from jangteo.payment.domain.ledger import Account

amounts = st.integers(min_value=1, max_value=10**12)


@given(st.lists(st.tuples(st.sampled_from(["capture", "refund"]), amounts, st.sampled_from(["KRW", "USD"]))))
def test_whatever_is_booked_the_accounts_of_a_currency_sum_to_zero(booked):
    movements = [getattr(ledger, kind)(uuid4(), amount, currency) for kind, amount, currency in booked]
    balances = ledger.balances(movements)
    for currency in ("KRW", "USD"):
        assert sum(balance for (_, of), balance in balances.items() if of == currency) == 0


@given(amounts, st.lists(st.integers(min_value=1, max_value=10**12), max_size=8))
def test_after_refunds_the_provider_owes_what_is_left(paid, parts):
    refunds, left = [], paid
    for part in parts:
        if part <= left:
            refunds.append(ledger.refund(uuid4(), part, "KRW"))
            left -= part
    balances = ledger.balances([ledger.capture(uuid4(), paid, "KRW"), *refunds])
    assert balances[Account.PROVIDER_RECEIVABLE, "KRW"] == left
    assert balances.get((Account.CUSTOMER_REFUNDS, "KRW"), 0) == paid - left


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_cannot_be_booked(amount):
    with pytest.raises(ValueError, match="at least one"):
        ledger.capture(uuid4(), amount, "KRW")
