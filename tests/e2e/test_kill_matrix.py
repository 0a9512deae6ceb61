"""Whatever goes wrong at whatever moment: no order lost, nobody charged twice, nothing oversold, nobody untold."""

import random

import pytest

from bench.chaos.faults import QUICK, full_outbox
from bench.chaos.plan import draw
from bench.chaos.run import run
from bench.chaos.world import World

SEED, FAULTS = 20261122, 10
# Short faults, and none that waits for somebody's patience to end: `make chaos` has those.
KINDS, PACE = (*QUICK, full_outbox), 0.2


@pytest.mark.chaos
async def test_kill_matrix(throw_away):
    dice = random.Random(SEED)
    steps = draw(dice, FAULTS, kinds=KINDS, pace=PACE)
    async with World(throw_away("chaos"), dice, twins=("order",)) as world:
        outcome = await run(world, steps, buyers=4, dice=dice, say=print)
    assert len(outcome.tally.placed) >= FAULTS
    assert {fault.kind for step in steps for fault in step.faults} == {
        *("kill", "pause", "slow", "cut", "dark", "restart", "clock", "disk", "outbox")
    }
