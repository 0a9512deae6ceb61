"""Stock arithmetic, and every move of a reservation from every state."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.contracts.product import StockLine
from jangteo.product.domain.stock import (
    BadMovement,
    Level,
    Reason,
    best_level,
    check_movement,
    find_shortages,
    level_of,
    sum_lines,
)
from jangteo.product.states import MOVES, IllegalStockMove, Move, State, move

lines = st.lists(
    st.builds(StockLine, sku=st.sampled_from("DBCA"), quantity=st.integers(min_value=1, max_value=9)), max_size=12
)


@settings(deadline=None)
@given(lines)
def test_lines_of_one_sku_are_summed_and_come_in_sku_order(given_lines):
    asked = sum_lines(given_lines)
    assert list(asked) == sorted(asked)
    assert sum(asked.values()) == sum(line.quantity for line in given_lines)


@settings(deadline=None)
@given(lines, st.dictionaries(st.sampled_from("ABCD"), st.integers(min_value=-3, max_value=20)))
def test_a_shortage_is_told_exactly_where_more_is_asked_than_there_is(given_lines, available):
    asked = sum_lines(given_lines)
    short = {shortage.sku: shortage for shortage in find_shortages(asked, available)}
    assert set(short) == {sku for sku, quantity in asked.items() if quantity > available.get(sku, 0)}
    assert all(shortage.available >= 0 for shortage in short.values())


def test_nothing_or_less_cannot_be_reserved():
    assert find_shortages({"A": 0}, {"A": 5})
    assert find_shortages({"A": -1}, {"A": 5})


def test_levels():
    assert [level_of(n, 5) for n in (-1, 0, 1, 5, 6)] == [Level.OUT, Level.OUT, Level.LOW, Level.LOW, Level.IN]
    assert best_level([Level.OUT, Level.LOW]) is Level.LOW
    assert best_level([]) is Level.OUT


@pytest.mark.parametrize(("state", "what"), list(itertools.product([None, *State], Move)))
def test_every_move_from_every_state_is_in_the_table_or_refused(state, what):
    if (state, what) in MOVES:
        assert move(state, what) is MOVES[state, what]
    else:
        with pytest.raises(IllegalStockMove):
            move(state, what)


def test_what_was_given_back_stays_given_back():
    for final in (State.RELEASED, State.RESTOCKED):
        assert not [move_ for (state, move_) in MOVES if state is final]


@pytest.mark.parametrize(
    ("reason", "delta", "fits"),
    [
        (Reason.INCOMING, 1, True),
        (Reason.INCOMING, -1, False),
        (Reason.DAMAGED, -1, True),
        (Reason.DAMAGED, 1, False),
        (Reason.COUNTED, -5, True),
        (Reason.COUNTED, 0, False),
        (Reason.SOLD, -1, False),
        (Reason.INCOMING, 2_000_000, False),
    ],
)
def test_staff_move_stock_in_the_direction_of_the_reason(reason, delta, fits):
    if fits:
        check_movement(reason, delta)
    else:
        with pytest.raises(BadMovement):
            check_movement(reason, delta)
