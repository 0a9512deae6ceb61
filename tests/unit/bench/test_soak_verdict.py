"""The verdict of a soak run notices each kind of leak, and is not fooled by noise, warm-up or a wild reading."""

import random
from dataclasses import replace

import pytest

from bench.soak.readings import Process, Reading
from bench.soak.stock_taking import Inventory
from bench.soak.trend import Point, gathered, slope_of
from bench.soak.verdict import Run, judge

HOUR = 3600.0
EMPTY = Inventory(rows={}, bytes={}, logs=0, spans=0, disk={}, streams={}, lasting_keys={})


def reading(at, *, memory=100.0, descriptors=50, threads=5, connections=10, waiting=0, parked=0):
    return Reading(
        at=at,
        processes={"order": Process(memory + 30, memory, descriptors, threads)},
        connections={"PostgreSQL, jangteo_order": connections, "Valkey": 3, "NATS": 15},
        outbox={"order": waiting},
        parked=parked,
    )


def run_of(readings, **changed):
    run = Run(
        readings=readings,
        warm_at=180.0,
        load_ended_at=900.0,
        orders=1000,
        before=EMPTY,
        after=EMPTY,
        ages={},
        oldest_allowed=230.0,
        left={},
        members=40,
    )
    return replace(run, **changed)


def series(of=lambda at: {}, seconds=1000, every=3):
    return [reading(float(at), **of(at)) for at in range(0, seconds, every)]


def failed(run):
    return [line.what for line in judge(run) if line.good is False]


def test_a_run_in_which_nothing_grows_passes():
    assert failed(run_of(series())) == []


@pytest.mark.parametrize("per_hour", [8, 30, 300])
def test_memory_that_grows_is_noticed_through_noise(per_hour):
    dice = random.Random(per_hour)
    # Measured are 12 minutes: 8 MiB an hour are 1.6 MiB, above the 1 MiB and 1% of 20 that are let pass.
    leaking = series(lambda at: {"memory": 20 + per_hour * at / HOUR + dice.gauss(0, 0.1)})
    assert failed(run_of(leaking)) == ["memory of order"]


def test_noise_steps_of_an_allocator_and_wild_readings_are_no_leak():
    dice = random.Random(3)
    noisy = series(lambda at: {"memory": 100 + dice.gauss(0, 2) + (40 if at % 200 == 0 else 0)})
    assert failed(run_of(noisy)) == []


def test_growth_before_it_is_warm_is_no_leak():
    assert failed(run_of(series(lambda at: {"memory": 100 + min(at, 180) / 4}))) == []


def test_memory_that_grew_and_was_given_back_is_no_leak():
    assert failed(run_of(series(lambda at: {"memory": 100 + (at % 120) / 10}))) == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("descriptors", "descriptors of each process"),
        ("threads", "threads of each process"),
        ("connections", "connections: PostgreSQL, jangteo_order"),
    ],
)
def test_what_is_opened_and_never_closed_is_noticed(kind, line):
    assert failed(run_of(series(lambda at: {kind: 10 + at // 20}))) == [line]


def test_a_server_whose_connections_nobody_could_read_is_noticed():
    blind = [replace(one, connections={"Valkey": 3, "NATS": 15}) for one in series()]
    assert failed(run_of(blind)) == ["servers whose connections were seen"]


def test_an_outbox_that_falls_behind_is_noticed():
    assert failed(run_of(series(lambda at: {"waiting": at // 5}))) == ["outbox of order"]


def test_a_parked_message_is_noticed():
    assert failed(run_of([*series(), reading(1001.0, parked=1)])) == ["parked messages"]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"ages": {"order.inbox": 231.0}}, "oldest row of order.inbox"),
        ({"left": {"reservations still held": 1}}, "reservations still held"),
        ({"errors": ["order.log: failed"]}, "errors in the logs"),
        ({"failed": {"internal": 1}}, "requests that failed"),
        ({"restarts": 1}, "restarts"),
        ({"faults": ["the ledger is off balance by 1"]}, "orders, charges, ledger and stock agree"),
        ({"after": replace(EMPTY, lasting_keys={"cart": 41})}, "keys of Valkey without an end"),
        (
            {"after": replace(EMPTY, rows={"order.diary": 500}, bytes={"order.diary": 1})},
            "tables that grow without being meant to",
        ),
    ],
)
def test_whatever_must_not_be_left_is_noticed(changed, line):
    assert failed(run_of(series(), **changed)) == [line]


def test_tables_that_are_meant_to_grow_are_told_with_their_rate():
    after = replace(EMPTY, rows={"order.events": 8000}, bytes={"order.events": 2_000_000})
    lines = {line.what: line for line in judge(run_of(series(), after=after))}
    assert lines["grows: order.events"].figures == "8.00 rows, 2,000 bytes an order"


def test_the_slope_of_a_straight_line_is_its_own_and_certain():
    slope = slope_of([Point(float(at), 5 + at / 4) for at in range(20)])
    assert slope == (0.25, 0.25, 0.25)


def test_the_true_slope_lies_between_the_bounds_nearly_always():
    dice, hits = random.Random(1), 0
    for _ in range(200):
        slope = slope_of([Point(float(at), at * 0.5 + dice.gauss(0, 3)) for at in range(30)])
        hits += slope.low <= 0.5 <= slope.high
    assert hits >= 180


def test_too_few_points_tell_no_slope():
    with pytest.raises(ValueError, match="8 are needed"):
        slope_of([Point(float(at), 1.0) for at in range(7)])


def test_points_are_gathered_into_the_medians_of_their_stretch():
    points = [Point(0.0, 1.0), Point(5.0, 100.0), Point(10.0, 2.0), Point(16.0, 3.0)]
    assert gathered(points, 15.0) == [Point(5.0, 2.0), Point(16.0, 3.0)]
