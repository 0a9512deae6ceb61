"""Whatever a carrier says, in whatever order: a parcel is sent once, delivered once, and never undelivered."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.shipping.domain import Code, Sighting, masked_name, way_to
from jangteo.shipping.states import LABELS, MOVES, IllegalMove, State, move

START = datetime(2026, 3, 1, tzinfo=UTC)


def seen(code, minutes):
    return Sighting(Code(code), code, START + timedelta(minutes=minutes), "서울")


def follow(sightings, state=State.CREATED):
    """Take sightings in as the service does and return every state that was entered."""
    entered, until = [], None
    for sighting in sightings:
        new = way_to(state, sighting, until)
        entered += new
        state = new[-1] if new else state
        if sighting.is_known:
            until = sighting.at if until is None else max(until, sighting.at)
    return entered


JOURNEY = [seen("accepted", 0), seen("picked_up", 1), seen("in_transit", 2), seen("out_for_delivery", 3)]
DELIVERED = seen("delivered", 4)


@pytest.mark.parametrize("order", list(permutations([*JOURNEY, DELIVERED])), ids=str)
def test_any_order_of_notices_ends_delivered_by_way_of_dispatched(order):
    assert follow(order) == [State.DISPATCHED, State.DELIVERED]


def test_a_failed_attempt_is_still_on_its_way():
    assert follow([*JOURNEY, seen("attempt_failed", 4), seen("delivered", 5)]) == [State.DISPATCHED, State.DELIVERED]


def test_a_lost_parcel_may_be_found():
    found = [seen("picked_up", 1), seen("lost", 2), seen("in_transit", 3), seen("delivered", 4)]
    assert follow(found) == [State.DISPATCHED, State.LOST, State.DISPATCHED, State.DELIVERED]


def test_a_late_notice_of_before_does_not_find_a_lost_parcel():
    found = [seen("picked_up", 1), seen("lost", 5), seen("in_transit", 3)]
    assert follow(found) == [State.DISPATCHED, State.LOST]
    assert follow([seen("in_transit", 5), seen("lost", 3)]) == [State.DISPATCHED]


@pytest.mark.parametrize("last", [Sighting(Code.UNKNOWN, "signed_for", DELIVERED.at + timedelta(days=9), "?"), None])
def test_a_delivery_counts_whenever_it_is_heard_of(last):
    heard = [last, DELIVERED] if last else [seen("lost", 9), DELIVERED]
    assert follow(heard)[-1] == State.DELIVERED


def test_a_parcel_that_the_carrier_calls_back_by_itself_is_not_waited_for():
    assert follow([seen("accepted", 0), seen("voided", 1)]) == [State.CANCELLED]
    assert follow([seen("voided", 1)], State.CANCELLING) == [State.CANCELLED]
    assert follow([seen("picked_up", 1), seen("voided", 2)]) == [State.DISPATCHED]


def test_a_word_nobody_knows_moves_nothing():
    assert follow([Sighting(Code.UNKNOWN, "held_at_depot", START, "대전")]) == []


def test_a_parcel_that_was_to_be_called_back_may_be_gone():
    assert follow([seen("picked_up", 1)], State.CANCELLING) == [State.DISPATCHED]
    assert follow([seen("picked_up", 1)], State.CANCELLED) == []


@given(st.lists(st.tuples(st.sampled_from(list(Code)), st.integers(0, 20)), max_size=12))
def test_delivered_and_returned_are_final_and_each_move_is_in_the_table(found):
    state = State.CREATED
    for target in follow([seen(code, minutes) for code, minutes in found]):
        assert target in MOVES[state]
        state = target


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("target", list(State))
def test_a_move_outside_of_the_table_is_refused(state, target):
    if target in MOVES[state]:
        assert move(state, target) is target
    else:
        with pytest.raises(IllegalMove):
            move(state, target)


def test_every_state_can_be_told_in_both_languages():
    assert set(LABELS) == set(State)


@pytest.mark.parametrize(("name", "masked"), [("김민수", "김*수"), ("김수", "김*"), ("남궁민수", "남**수"), ("", "*")])
def test_names_are_masked(name, masked):
    assert masked_name(name) == masked
