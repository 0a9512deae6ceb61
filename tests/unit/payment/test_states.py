"""Every state crossed with every move: what is drawn is allowed, and nothing else."""

from itertools import product

import pytest

from jangteo.kit.errors import Conflict
from jangteo.payment.states import CLEAR, MOVES, OPEN, TAKING, IllegalMove, Move, RefundState, State, end_refund, move

DRAWN = """
authorising            lose_track     authorisation_unknown
authorising            ask_again      authorising
authorisation_unknown  ask_again      authorising
capturing              lose_track     capture_unknown
capturing              ask_again      capturing
capture_unknown        ask_again      capturing
authorising            ask_buyer      action_required
authorisation_unknown  ask_buyer      action_required
authorising            approve        authorised
authorisation_unknown  approve        authorised
action_required        approve        authorised
authorising            deny           declined
authorisation_unknown  deny           declined
action_required        deny           declined
voiding                deny           declined
authorised             begin_capture  capturing
capturing              take           captured
capture_unknown        take           captured
authorised             take           captured
voiding                take           captured
action_required        begin_void     voiding
authorised             begin_void     voiding
capturing              begin_void     voiding
capture_unknown        begin_void     voiding
declined               begin_void     voiding
action_required        release        voided
authorised             release        voided
capturing              release        voided
capture_unknown        release        voided
voiding                release        voided
authorising            lapse          expired
authorisation_unknown  lapse          expired
action_required        lapse          expired
authorised             lapse          expired
capturing              lapse          expired
capture_unknown        lapse          expired
voiding                lapse          expired
captured               give_back_all  refunded
"""
ALLOWED = {(State(a), Move(by)): State(b) for a, by, b in (line.split() for line in DRAWN.strip().splitlines())}


@pytest.mark.parametrize(("state", "by"), list(product(State, Move)))
def test_a_move_leads_where_it_is_drawn_or_is_refused(state, by):
    if (state, by) in ALLOWED:
        assert move(state, by) is ALLOWED[state, by]
    else:
        with pytest.raises(IllegalMove) as refused:
            move(state, by)
        assert isinstance(refused.value, Conflict)
        assert refused.value.params == {"state": str(state)}


def reachable(start):
    found, new = {start}, {start}
    while new := {after for (before, _), after in MOVES.items() if before in new} - found:
        found |= new
    return found


def test_every_state_can_be_reached_and_every_attempt_can_come_to_an_end_that_holds_no_money():
    assert reachable(State.AUTHORISING) == set(State)
    assert all(reachable(state) & CLEAR for state in State)


def test_only_a_hold_that_turns_up_late_leaves_an_end():
    assert {(state, by) for state, by in MOVES if state in CLEAR} == {(State.DECLINED, Move.BEGIN_VOID)}


def test_the_groups_of_states_do_not_overlap():
    assert not OPEN & TAKING
    assert not (OPEN | TAKING) & CLEAR


@pytest.mark.parametrize(("state", "end"), list(product(RefundState, RefundState)))
def test_a_refund_ends_once(state, end):
    if state is RefundState.REQUESTED and end is not RefundState.REQUESTED:
        assert end_refund(state, end) is end
    else:
        with pytest.raises(IllegalMove):
            end_refund(state, end)
