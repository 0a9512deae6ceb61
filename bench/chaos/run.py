"""One run: faults, one step after the other, while buyers buy; how long each took to get over; the verdict."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.chaos.buyers import Crowd, Tally
from bench.chaos.faults import Fault
from bench.chaos.plan import Step
from bench.chaos.world import MOVABLE, World
from bench.oracle import Oracle

RECOVERY_SECONDS, SETTLE_SECONDS = 120.0, 240.0
_LOOK_SECONDS = 0.1
# Time passes at the end: whatever a clock that was ahead has put off is due within so long.
_LONGEST_JUMP_SECONDS = 5 * 3600.0
_LATER_SECONDS, _LATER_EVERY_SECONDS = 600.0, 5.0

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What a run was like: what buyers met, and the seconds that each fault took to get over."""

    tally: Tally = field(default_factory=Tally)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def table(self) -> list[str]:
        """Return the recovery times by kind: how many, the median, the worst."""
        lines = [
            f"  {'fault':<18}{'n':>4}{'median':>9}{'worst':>9}   seconds until all is healthy and an order is paid"
        ]
        for kind, seconds in sorted(self.recoveries.items()):
            lines.append(f"  {kind:<18}{len(seconds):>4}{median(seconds):>9.2f}{max(seconds):>9.2f}")
        return lines


async def run(world: World, steps: Sequence[Step], *, buyers: int, dice: random.Random, say: Say) -> Outcome:
    """Carry out `steps` under load, then ask the oracle. Raises AssertionError where anything is amiss."""
    outcome = Outcome()
    crowd = Crowd(world.mall, dice, buyers, outcome.tally)
    await crowd.start()
    try:
        await _recovered(world, crowd)  # from being started
        number = 0
        for step in steps:
            await asyncio.sleep(step.rest)
            said = await asyncio.gather(*(_strike(fault, world) for fault in step.faults))
            seconds = await _recovered(world, crowd)
            outcome.recoveries[" + ".join(["two"] if len(step.faults) > 1 else [step.faults[0].kind])].append(seconds)
            for words in said:
                number += 1
                say(f"  {number:>3}. {words}; recovered after {seconds:.1f} s")
    finally:
        await crowd.stop()
    await _verdict(world, outcome.tally)
    return outcome


async def _strike(fault: Fault, world: World) -> str:
    began = time.monotonic()
    said = await fault.strike(world)
    words = ", ".join(word for word in (fault.note, said) if word)
    return f"{fault.kind:<8}{fault.target:<16}{time.monotonic() - began:>5.1f} s  {words}".rstrip()


async def _recovered(world: World, crowd: Crowd) -> float:
    """Return the seconds until all is healthy and an order is paid. Raises AssertionError after two minutes."""
    began = time.monotonic()
    while True:
        world.revive_twins()
        works, healthy = await asyncio.gather(crowd.one_purchase_works(), world.healthy())
        seconds = time.monotonic() - began
        if works and healthy:
            return seconds
        if seconds > RECOVERY_SECONDS:
            raise AssertionError(f"not recovered {seconds:.0f} s later: purchase {works}, healthy {healthy}")
        await asyncio.sleep(_LOOK_SECONDS)


async def _verdict(world: World, tally: Tally) -> None:
    oracle = Oracle(world.mall)
    passing = asyncio.create_task(_let_time_pass(world))
    try:
        await oracle.settled(SETTLE_SECONDS, to_the_end=True)
    finally:
        passing.cancel()
    await oracle.assert_exact()
    await oracle.assert_complete()
    known = {str(row["order_id"]) for row in await oracle.rows("order", "SELECT order_id FROM order_views")}
    if lost := tally.placed - known:
        raise AssertionError(f"orders that were confirmed to buyers are gone: {sorted(lost)}")
    if len(known - tally.placed) > tally.unanswered:
        raise AssertionError(
            f"{len(known - tally.placed)} orders were confirmed to nobody, {tally.unanswered} possible"
        )


async def _let_time_pass(world: World) -> None:
    ahead = _LONGEST_JUMP_SECONDS
    while True:
        for service in MOVABLE:
            world.move_clock(service, ahead)
        await asyncio.sleep(_LATER_EVERY_SECONDS)
        ahead += _LATER_SECONDS
