"""The table of moves is the whole truth about which state may follow which."""

from itertools import product

import pytest

from jangteo.order.states import MOVES, TERMINAL, IllegalMove, State, move
from jangteo.order.wording import STATUSES


@pytest.mark.parametrize(("state", "target"), list(product(State, State)))
def test_a_move_is_in_the_table_or_refused(state, target):
    if target in MOVES[state]:
        assert move(state, target) is target
    else:
        with pytest.raises(IllegalMove):
            move(state, target)


def test_every_state_can_be_reached_and_reaches_an_end():
    reached, front = {State.PLACED}, {State.PLACED}
    while front:
        front = {target for state in front for target in MOVES[state]} - reached
        reached |= front
    assert reached == set(State)
    assert {State.DELIVERED, State.REJECTED, State.CANCELLED} == TERMINAL


def test_every_state_has_its_words_in_both_languages():
    assert set(STATUSES) == set(State)
    assert all(words.ko and words.en for words in STATUSES.values())
