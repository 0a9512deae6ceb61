"""A payment at the processor moves only as the picture says."""

import itertools

import pytest

from jangteo.sandbox.pay.states import MOVES, IllegalMove, Move, Status, move

ENDS = {Status.DECLINED, Status.REFUNDED, Status.VOIDED, Status.EXPIRED}


@pytest.mark.parametrize(("status", "by"), list(itertools.product(Status, Move)))
def test_every_move_is_either_in_the_table_or_refused(status: Status, by: Move) -> None:
    if (status, by) in MOVES:
        assert move(status, by) is MOVES[status, by]
        assert move(status, by) is not status
    else:
        with pytest.raises(IllegalMove):
            move(status, by)


def test_nothing_leads_out_of_an_end_and_something_out_of_all_else() -> None:
    assert {status for status, _ in MOVES} == set(Status) - ENDS


def test_money_that_was_taken_is_never_merely_voided() -> None:
    assert (Status.CAPTURED, Move.VOID) not in MOVES
    assert (Status.CAPTURED, Move.EXPIRE) not in MOVES
