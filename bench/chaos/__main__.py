"""`python -m bench.chaos N --seed S --buyers B`: N faults on a mall of its own, then the verdict."""

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from pathlib import Path

from bench.chaos.faults import LONG, QUICK, Kind
from bench.chaos.plan import draw
from bench.chaos.run import Outcome, run
from bench.chaos.world import World

KINDS: dict[str, Kind] = {kind.__name__: kind for kind in (*QUICK, *LONG)}


def main() -> None:
    """Exit with 1, the seed, and where the logs and the data are, where anything is amiss."""
    options = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    options.add_argument("count", type=int, nargs="?", default=30, help="how many faults")
    options.add_argument("--seed", type=int, default=None, help="decides every fault and their order")
    options.add_argument("--buyers", type=int, default=6)
    options.add_argument(
        "--only", nargs="+", choices=sorted(KINDS), default=sorted(KINDS), help="these kinds of faults"
    )
    given = options.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    print(f"seed {seed}: {given.count} faults while {given.buyers} buyers buy", flush=True)
    home = Path(tempfile.mkdtemp(prefix="jangteo-chaos-"))
    home.chmod(0o711)
    began = time.monotonic()
    try:
        outcome = asyncio.run(_run(home, seed, given.count, given.buyers, [KINDS[name] for name in given.only]))
    except Exception as error:
        print(f"FAILED: {type(error).__name__}: {error}", flush=True)
        again = f"make chaos N={given.count} SEED={seed}"
        raise SystemExit(f"seed {seed} (again: {again}); logs and data are kept in {home}") from error
    print("\n".join(outcome.table()))
    tally = outcome.tally
    print(
        f"clean after {time.monotonic() - began:.0f} s: {len(tally.placed)} orders, refused {dict(tally.refused)}, "
        f"{tally.interrupted} calls interrupted, {tally.logged_in_again} logins again"
    )


async def _run(home: Path, seed: int, count: int, buyers: int, kinds: list[Kind]) -> Outcome:
    dice = random.Random(seed)
    steps = draw(dice, count, kinds=kinds)
    world = World(home, dice, keep=True)
    async with world:
        outcome = await run(world, steps, buyers=buyers, dice=dice, say=lambda line: print(line, flush=True))
    world.mall.home.discard()
    return outcome


if __name__ == "__main__":
    main()
