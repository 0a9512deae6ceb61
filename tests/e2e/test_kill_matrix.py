"""Whatever is killed at whatever moment: no order lost, nobody charged twice, nothing oversold."""

import pytest

from bench import chaos
from bench.settings import QUICK
from jangteo.stack.mall import Mall

KILLS = 32


@pytest.mark.chaos
async def test_kill_matrix(throw_away):
    with Mall(throw_away("chaos"), overrides=QUICK) as mall:
        mall.up()
        tally = await chaos.run(mall, kills=KILLS, buyers=4, seed=20261122)
        assert len(tally.placed) >= KILLS
