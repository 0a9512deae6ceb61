"""What is going to happen: every fault of a run and their order, all of it decided by the seed.

What the seed does not decide is the interleaving: which message is where when a process dies is up to the machine.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.chaos.faults import LONG, QUICK, TOGETHER, Fault, Kind

TWO_AT_ONCE = 0.15
_REST_SECONDS = (0.05, 0.8)


@dataclass(frozen=True)
class Step:
    """What happens at once, and for how many seconds nothing does before it."""

    rest: float
    faults: tuple[Fault, ...]


def draw(dice: random.Random, count: int, *, kinds: Sequence[Kind] = (*QUICK, *LONG), pace: float = 1.0) -> list[Step]:
    """Return the steps of a run of `count` faults; `pace` stretches how long they last.

    Each kind comes in turn, in an order drawn for each round, so that a short run misses none; those that take long
    come in every third round only.
    """
    turns: list[Kind] = []
    rounds = 0
    while len(turns) < count:
        present = [kind for kind in kinds if rounds % 3 == 0 or kind not in LONG]
        turns += dice.sample(present, len(present))
        rounds += 1
    steps: list[Step] = []
    left = count
    for kind in turns:
        if not left:
            break
        faults = [kind(dice, pace)]
        if left > 1 and kind in TOGETHER and dice.random() < TWO_AT_ONCE:
            other = dice.choice([one for one in TOGETHER if one in kinds and one is not kind])(dice, pace)
            if _stem(other.target) != _stem(faults[0].target):
                faults.append(other)
        left -= len(faults)
        steps.append(Step(dice.uniform(*_REST_SECONDS), tuple(faults)))
    return steps


def _stem(target: str) -> str:
    return target.rstrip("'")
