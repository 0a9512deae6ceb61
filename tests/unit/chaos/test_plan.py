"""The seed of a chaos run decides every fault and their order, and a short run misses no kind."""

import random
from collections import Counter

import pytest

from bench.chaos.faults import LONG, QUICK
from bench.chaos.plan import draw


def shown(seed: int, count: int) -> list[object]:
    steps = draw(random.Random(seed), count)
    return [(step.rest, [(one.kind, one.target, one.seconds, one.note) for one in step.faults]) for step in steps]


def test_the_same_seed_draws_the_same_run() -> None:
    assert shown(7, 50) == shown(7, 50)
    assert shown(7, 50) != shown(8, 50)


@pytest.mark.parametrize("count", [1, 11, 30, 100])
def test_a_run_has_as_many_faults_as_asked_for(count: int) -> None:
    assert sum(len(step.faults) for step in draw(random.Random(3), count)) == count


@pytest.mark.parametrize("seed", range(20))
def test_a_round_misses_no_kind(seed: int) -> None:
    kinds = (*QUICK, *LONG)
    steps = draw(random.Random(seed), 2 * len(kinds))
    drawn = Counter(step.faults[0].kind for step in steps[: len(kinds)])
    assert drawn == Counter({kind(random.Random(0), 1.0).kind: 1 for kind in kinds})


def test_two_faults_at_once_strike_different_things() -> None:
    steps = draw(random.Random(5), 600)
    pairs = [step.faults for step in steps if len(step.faults) == 2]
    assert pairs
    assert all(one.target.rstrip("'") != other.target.rstrip("'") for one, other in pairs)


def test_pace_stretches_faults() -> None:
    longest = max(one.seconds for step in draw(random.Random(1), 200, kinds=QUICK, pace=0.25) for one in step.faults)
    assert longest <= 2.0
